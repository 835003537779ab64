"""Synthetic CT volumes: the same chests as the radiographs, cut into axial slices, in Hounsfield units.

A volume with a nodule has exactly one, seen in one to three slices; the truth says in which. Axes are canonical
(``(D, H, W)``: to the Superior, the Posterior, the Left), so that the phantom's x, y, z become W, H and −D.
Each slice is the mean of thin planes (partial volume), blurred and with noise, as its site makes it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgraft.data.phantom.anatomy import Anatomy, draw_anatomy
from medgraft.data.phantom.case import LABELS
from medgraft.data.phantom.nodule import Nodule, draw_nodules
from medgraft.data.phantom.tissue import AIR, LUNG, SOFT
from medgraft.files import write_text

__all__ = ["VolumeCase", "VolumePlan", "volume_cases", "write_volumes"]

_COHORT, _PATIENT = 10, 11
_FIELD_MM = 250.0
_TOP_MM, _BOTTOM_MM = -150.0, 186.0
_RADIUS_MM = (15.0, 20.0)
_PLANES = 3
"""Thin planes in a slice."""

_SEEN = 0.5
"""A slice shows the nodule where half of a voxel is in it."""

_SITES = (("synthetic-a", 25.0, 0.6), ("synthetic-b", 40.0, 0.9))
"""Name, noise in HU, blur in voxels."""


@dataclass(frozen=True)
class VolumePlan:
    """What to draw: as many volumes as patients, half of them with a nodule; ``size`` voxels a side of a slice."""

    patients: int = 200
    slices: int = 24
    size: int = 96
    seed: int = 0


@dataclass(frozen=True)
class VolumeCase:
    """``values`` (D, H, W) int16 in HU; ``affine`` (4, 4) index → mm RAS; ``nodule_slices`` along D, empty if clear."""

    stem: str
    patient: str
    site: str
    values: NDArray[np.int16]
    affine: NDArray[np.float64]
    nodule_slices: tuple[int, ...]

    @property
    def label(self) -> str:
        """``nodule`` or ``clear``."""
        return LABELS[bool(self.nodule_slices)]


def volume_cases(plan: VolumePlan) -> Iterator[VolumeCase]:
    """Draw the volumes one by one."""
    states = np.arange(plan.patients) % 2 == 1
    np.random.default_rng((plan.seed, _COHORT)).shuffle(states)
    for patient in range(plan.patients):
        rng = np.random.default_rng((plan.seed, _PATIENT, patient))
        anatomy = draw_anatomy(rng)
        site, noise, blur = _SITES[patient % len(_SITES)]
        shown: tuple[int, ...] = ()
        nodule = None
        while states[patient] and not 1 <= len(shown) <= 3:
            drawn = draw_nodules(anatomy, rng, count=(1, 1), radius_mm=_RADIUS_MM)
            nodule = _inside_the_field(drawn)
            shown = () if nodule is None else tuple(np.flatnonzero(_coverage(nodule, plan) >= _SEEN).tolist())
        values = _voxels(anatomy, nodule, plan)
        values = ndimage.gaussian_filter(values, (0, blur, blur)) + rng.normal(0, noise, values.shape)
        name = f"V{plan.seed * 10_000 + patient + 1:04d}"
        yield VolumeCase(name, name, site, np.rint(values).astype(np.int16), _affine(plan), shown)


def write_volumes(folder: Path, plan: VolumePlan) -> Path:
    """``volumes/STEM.nii.gz`` and ``table.csv`` (path, label, patient, site, nodule_slices)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "label", "patient", "site", "nodule_slices"])
    made: Any = nibabel
    (folder / "volumes").mkdir(parents=True, exist_ok=True)
    for case in volume_cases(plan):
        path = f"volumes/{case.stem}.nii.gz"
        made.save(made.Nifti1Image(case.values, case.affine), folder / path)
        shown = " ".join(str(place) for place in case.nodule_slices)
        writer.writerow([path, case.label, case.patient, case.site, shown])
    write_text(folder / "table.csv", text.getvalue())
    return folder


def _inside_the_field(nodules: tuple[Nodule, ...]) -> Nodule | None:
    """The first that lies between the first and the last slice."""
    for nodule in nodules:
        if _TOP_MM + nodule.radius < nodule.centre[2] < _BOTTOM_MM - nodule.radius:
            return nodule
    return None


def _affine(plan: VolumePlan) -> NDArray[np.float64]:
    """Index (d, h, w) → mm RAS."""
    depth, side = (_BOTTOM_MM - _TOP_MM) / plan.slices, _FIELD_MM / plan.size
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = [0, 0, depth], [0, -side, 0], [-side, 0, 0]
    affine[:3, 3] = [_FIELD_MM / 2, _FIELD_MM / 2, 0]
    return affine


def _axes(plan: VolumePlan) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """z of each thin plane (from below), and x = y of the voxels' centres, in phantom mm."""
    thin = plan.slices * _PLANES
    z = _BOTTOM_MM - (np.arange(thin) + 0.5) * (_BOTTOM_MM - _TOP_MM) / thin
    side = (np.arange(plan.size) + 0.5) * _FIELD_MM / plan.size - _FIELD_MM / 2
    return z.astype(np.float32), side.astype(np.float32)


def _sphere(nodule: Nodule, plan: VolumePlan) -> NDArray[np.bool_]:
    """The thin voxels (planes, H, W) inside a nodule."""
    z, side = _axes(plan)
    x, y, height = nodule.centre
    squared = (z - height)[:, None, None] ** 2 + (side - y)[None, :, None] ** 2 + (side - x)[None, None, :] ** 2
    inside: NDArray[np.bool_] = squared <= nodule.radius**2
    return inside


def _coverage(nodule: Nodule, plan: VolumePlan) -> NDArray[np.float64]:
    """The largest share of a voxel that is nodule, for each slice."""
    thin = _sphere(nodule, plan).reshape(plan.slices, _PLANES, plan.size, plan.size)
    return np.asarray(thin.mean(axis=1).max(axis=(1, 2)))


def _voxels(anatomy: Anatomy, nodule: Nodule | None, plan: VolumePlan) -> NDArray[np.float64]:
    """(D, H, W) in HU, without noise."""
    z, side = _axes(plan)
    grid = np.meshgrid(z, side, side, indexing="ij")
    points = np.stack([grid[2].ravel(), grid[1].ravel(), grid[0].ravel()], axis=1)
    inside = {name: _any(organs, points) for name, organs in _organs(anatomy).items()}
    density = np.where(inside["body"], np.float32(SOFT), np.float32(AIR))
    density[inside["lungs"] & inside["body"] & ~inside["carved"]] = LUNG
    density[inside["gas"]] = AIR
    density = density.reshape(len(z), plan.size, plan.size)
    for tube in anatomy.tubes:
        density[_painted(tube.points, tube.radius, plan)] += np.float32(tube.attenuation)
    if nodule is not None:
        density[_sphere(nodule, plan)] += np.float32(nodule.attenuation)
    mean = np.maximum(density, 0).reshape(plan.slices, _PLANES, plan.size, plan.size).mean(axis=1)
    return np.asarray(1000 * (mean.astype(np.float64) - SOFT) / SOFT)


def _organs(anatomy: Anatomy) -> dict[str, tuple[Any, ...]]:
    return {
        "body": anatomy.body,
        "lungs": anatomy.lungs,
        "carved": (*anatomy.middle, *anatomy.domes),
        "gas": (anatomy.gas,),
    }


def _any(organs: tuple[Any, ...], points: NDArray[np.float32]) -> NDArray[np.bool_]:
    found = np.zeros(len(points), dtype=bool)
    for organ in organs:
        found |= organ.radius_at(points) < 1
    return found


def _painted(points: NDArray[np.float32], radius: float, plan: VolumePlan) -> NDArray[np.bool_]:
    """The thin voxels within ``radius`` mm of a curve's points; at least the voxel of each point."""
    z, side = _axes(plan)
    steps = np.array([z[0] - z[1], side[1] - side[0], side[1] - side[0]])
    origin = np.array([z[0], side[0], side[0]])
    places = (points[:, [2, 1, 0]] - origin) / (steps * [-1, 1, 1])
    reach = [np.arange(-int(radius / step), int(radius / step) + 1) for step in steps]
    offsets = np.stack(np.meshgrid(*reach, indexing="ij"), axis=-1).reshape(-1, 3)
    offsets = offsets[((offsets * steps) ** 2).sum(axis=1) <= radius**2]
    cells = (np.rint(places).astype(np.int64)[:, None] + offsets[None]).reshape(-1, 3)
    shape = np.array([len(z), plan.size, plan.size])
    cells = cells[((cells >= 0) & (cells < shape)).all(axis=1)]
    painted = np.zeros(shape, dtype=bool)
    painted[tuple(cells.T)] = True
    return painted
