"""Volume twins: one volume as DICOM series, Enhanced object or NIfTI, whatever the order and direction of its parts.

File, frame and plane order, orientation, sform and qform, scale and compression: after canonical orientation the values
are identical and the affine agrees to 1e-4 mm.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from medgraft.data.phantom.twins.encoding import NATIVE, described, item, with_pixels, written
from medgraft.data.phantom.twins.twin import Twin, phantom_levels

__all__ = ["volume_truth", "volume_twins"]

_SERIES = UID("2.25.27182818284590452353602874713527")
_SPACING = np.array([2.5, 0.75, 0.5])
"""mm, in the order of the canonical axes: Superior, Posterior, Left."""
_ORIGIN = np.array([40.0, 30.0, -50.0])
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_PLANES = {"axial": (0, 1, 2), "coronal": (1, 0, 2), "sagittal": (2, 0, 1)}


def volume_truth() -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """(D, H, W) int16 in Hounsfield units, D to the Superior, H to the Posterior, W to the Left; affine (RAS, mm)."""
    levels = phantom_levels().astype(np.int16)
    slices = [np.roll(levels[8:40:2, 8:48:2], place, axis=1) + 7 * place for place in range(9)]
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = [0, 0, _SPACING[0]], [0, -_SPACING[1], 0], [-_SPACING[2], 0, 0]
    affine[:3, 3] = _ORIGIN
    return np.stack(slices) - 200, affine


def volume_twins() -> Iterator[Twin]:
    """All of them."""
    values, affine = volume_truth()
    orders = {"in-order": slice(None), "backwards": slice(None, None, -1), "shuffled": None}
    for plane, order, lying in itertools.product(_PLANES, orders, (False, True)):
        yield _series(values, affine, plane, order, lying_numbers=lying)
    for plane in _PLANES:
        for flips in ((True, False), (False, True), (True, True)):
            yield _series(values, affine, plane, "shuffled", flips=flips)
    for order, syntax in itertools.product(orders, ("explicit", "implicit", "big-endian")):
        yield _enhanced(values, affine, order, syntax)
    for axes in itertools.permutations(range(3)):
        for turned in itertools.product((False, True), repeat=3):
            yield _nifti(values, affine, axes, turned)
    for how in ("qform", "conflict", "scaled", "gz", "nifti-2"):
        yield _nifti(values, affine, (0, 1, 2), (False, False, True), how=how)


def _turned(
    values: NDArray[Any], affine: NDArray[np.float64], axes: Sequence[int], flips: Sequence[bool]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The same volume with its axes in another order and direction."""
    values, affine = np.transpose(values, axes), affine[:, [*axes, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            values = np.flip(values, axis)
            affine[:3, 3] += affine[:3, axis] * (values.shape[axis] - 1)
            affine[:3, axis] *= -1
    return np.ascontiguousarray(values), affine


def _places(count: int, order: str) -> list[int]:
    """In which order the slices are written."""
    places = list(range(count))
    if order == "backwards":
        return places[::-1]
    return [int(place) for place in np.random.default_rng(3).permutation(count)] if order == "shuffled" else places


def _slice_tags(affine: NDArray[np.float64], place: int) -> dict[str, Any]:
    """Position, orientation and spacing of a slice (DICOM is LPS)."""
    lps = _LPS_TO_RAS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    position = lps[:3, 3] + lps[:3, 0] * place
    directions = [*(lps[:3, 2] / spacing[2]), *(lps[:3, 1] / spacing[1])]
    return {
        "ImagePositionPatient": [round(float(value), 6) for value in position],
        "ImageOrientationPatient": [round(float(value), 6) for value in directions],
        "PixelSpacing": [float(spacing[1]), float(spacing[2])],
        "SliceThickness": float(spacing[0]),
    }


def _labelled(**tags: Any) -> Dataset:
    return described(
        Modality="CT",
        SeriesInstanceUID=_SERIES,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=16,
        BitsStored=16,
        HighBit=15,
        PixelRepresentation=1,
        RescaleSlope=1,
        RescaleIntercept=0,
        **tags,
    )


def _series(
    values: NDArray[np.int16],
    affine: NDArray[np.float64],
    plane: str,
    order: str,
    *,
    lying_numbers: bool = False,
    flips: tuple[bool, bool] = (False, False),
) -> Twin:
    """One file a slice; instance numbers may contradict the places."""
    values, affine = _turned(values, affine, _PLANES[plane], (False, *flips))
    places = _places(len(values), order)
    files = {}
    for number, place in enumerate(places):
        told = len(values) - place if lying_numbers else place + 1
        dataset = _labelled(InstanceNumber=told, **_slice_tags(affine, place))
        dataset.SOPInstanceUID = UID(f"{_SERIES}.{place + 1}")
        files[f"{number:03d}.dcm"] = written(with_pixels(dataset, values[place][None], NATIVE["explicit"]))
    traits = ("series", plane, order, "lying-numbers" if lying_numbers else "", "flipped" if any(flips) else "")
    name = "-".join(word for word in (*traits, *("fh"[flip] for flip in flips if any(flips))) if word)
    return Twin(name, "volume", files, traits=tuple(word for word in traits if word))


def _enhanced(values: NDArray[np.int16], affine: NDArray[np.float64], order: str, syntax: str) -> Twin:
    """One file, geometry in each frame's functional groups."""
    places = _places(len(values), order)
    groups = []
    for place in places:
        tags, group = _slice_tags(affine, place), Dataset()
        group.PlanePositionSequence = item(ImagePositionPatient=tags["ImagePositionPatient"])
        groups.append(group)
    shared, tags = Dataset(), _slice_tags(affine, 0)
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=tags["ImageOrientationPatient"])
    shared.PixelMeasuresSequence = item(PixelSpacing=tags["PixelSpacing"], SliceThickness=tags["SliceThickness"])
    shared.PixelValueTransformationSequence = item(RescaleSlope=1, RescaleIntercept=0, RescaleType="HU")
    dataset = _labelled()
    dataset.PerFrameFunctionalGroupsSequence, dataset.SharedFunctionalGroupsSequence = Items(groups), Items([shared])
    content = written(with_pixels(dataset, values[places], NATIVE[syntax]))
    return Twin(f"enhanced-{order}-{syntax}", "volume", {"enhanced.dcm": content}, traits=("enhanced", order, syntax))


def _nifti(
    values: NDArray[np.int16],
    affine: NDArray[np.float64],
    axes: Sequence[int],
    turned: Sequence[bool],
    *,
    how: str = "",
) -> Twin:
    """A NIfTI file with the axes in any order and direction."""
    values, affine = _turned(values, affine, axes, turned)
    made: Any = nibabel
    image = (made.Nifti2Image if how == "nifti-2" else made.Nifti1Image)(values, affine)
    image.set_sform(None if how == "qform" else affine, code=0 if how == "qform" else 1)
    wrong = affine.copy()
    wrong[:3, 3] += 5.0
    image.set_qform(wrong if how == "conflict" else affine, code=1)
    if how == "scaled":
        image = made.Nifti1Image(values * 2, affine, image.header)
        image.header.set_slope_inter(0.5, 0.0)
    content = image.to_bytes()
    name = f"nifti-{''.join(map(str, axes))}-{''.join('fh'[flip] for flip in turned)}{'-' + how if how else ''}"
    ending = "nii.gz" if how == "gz" else "nii"
    files = {f"volume.{ending}": gzip.compress(content) if how == "gz" else content}
    return Twin(name, "volume", files, traits=("nifti", how) if how else ("nifti",))
