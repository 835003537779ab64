"""Grey twins: one picture in Hounsfield units, in every way in which a file can carry it exactly.

Bit depth × signedness × photometric interpretation × rescale × VOI × lossless transfer syntax × framing. Under one
named window each of them has to give the same tensor, bit for bit: values are the same, and neither the file's own
window nor the direction of its grey scale may matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence

from medgraft.data.phantom.twins.encoding import COMPRESSED, NATIVE, described, item, lut_item, with_pixels, written
from medgraft.data.phantom.twins.twin import Twin, phantom_levels

__all__ = ["grey_truth", "grey_twins"]


@dataclass(frozen=True)
class _Depth:
    """How numbers are stored: ``stored = (hu - intercept) / slope`` in these bits."""

    allocated: int
    stored: int
    signed: bool
    slope: float
    intercept: float
    high_bit: int | None = None

    def numbers(self, hu: NDArray[np.int64]) -> NDArray[Any]:
        exact = (hu - self.intercept) / self.slope
        return exact.astype(f"{'i' if self.signed else 'u'}{self.allocated // 8}")

    @property
    def shift(self) -> int:
        """Unused bits below."""
        return 0 if self.high_bit is None else self.high_bit - self.stored + 1


_DEPTHS = {
    "u8": _Depth(8, 8, False, 4.0, -512.0),
    "u10": _Depth(16, 10, False, 1.0, -512.0),
    "u12": _Depth(16, 12, False, 1.0, -1024.0),
    "s12": _Depth(16, 12, True, 1.0, 0.0),
    "u16": _Depth(16, 16, False, 0.5, -1024.0),
    "s16": _Depth(16, 16, True, 1.0, 0.0),
    "s16-falling": _Depth(16, 16, True, -1.0, 0.0),
}
_HIGH = _Depth(16, 12, False, 1.0, -1024.0, high_bit=15)
_VOIS = ("linear", "exact", "sigmoid", "lut", "several")


def grey_truth() -> NDArray[np.int64]:
    """The picture in Hounsfield units, multiples of 4 from -512 to 508."""
    return 4 * phantom_levels().astype(np.int64) - 512


def grey_twins() -> Iterator[Twin]:
    """All of them."""
    hu = grey_truth()
    for depth in _DEPTHS:
        for photometric in ("MONOCHROME2", "MONOCHROME1"):
            for syntax in (*NATIVE, *COMPRESSED):
                yield _twin(hu, depth, photometric, syntax)
    for depth in ("u8", "u12", "s16"):
        for voi in _VOIS:
            for syntax in ("explicit", "jpeg-ls"):
                yield _twin(hu, depth, "MONOCHROME2", syntax, voi=voi)
    for depth in ("u8", "u12", "s12", "s16"):
        for framing in ("multi-frame", "enhanced"):
            for syntax in ("explicit", "implicit", "big-endian", "deflated", "rle", "jpeg-ls", "jpeg-2000"):
                yield _twin(hu, depth, "MONOCHROME2", syntax, framing=framing)
    for depth in ("u10", "u12", "s12"):
        for syntax in NATIVE:
            yield _twin(hu, depth, "MONOCHROME2", syntax, junk=True)
    for depth in ("u8", "u12", "s16"):
        for syntax in ("explicit", "implicit", "big-endian"):
            yield _twin(hu, depth, "MONOCHROME2", syntax, framing="bare")
    yield from _high_bits(hu)


def _twin(hu: NDArray[np.int64], depth: str, photometric: str, syntax: str, **more: Any) -> Twin:
    """``more``: ``voi``, ``framing``, ``junk``."""
    extra = (more.get("voi"), more.get("framing"), "junk" if more.get("junk") else None)
    traits = tuple(word for word in (depth, photometric.lower(), syntax, *extra) if word)
    return _built(hu, _DEPTHS[depth], traits, photometric=photometric, syntax=syntax, **more)


def _high_bits(hu: NDArray[np.int64]) -> Iterator[Twin]:
    """Twelve bits at the top of sixteen (HighBit 15): retired, and still about."""
    for syntax in NATIVE:
        yield _built(hu, _HIGH, ("u12-high", syntax), photometric="MONOCHROME2", syntax=syntax)


def _built(hu: NDArray[np.int64], how: _Depth, traits: tuple[str, ...], **options: Any) -> Twin:
    """The file with these options."""
    syntax, framing = options["syntax"], options.get("framing", "")
    numbers = how.numbers(hu)
    if options.get("junk"):
        numbers = _with_junk(numbers, how)
    numbers = np.left_shift(numbers, how.shift) if how.shift else numbers
    dataset = _labelled(how, options["photometric"], options.get("voi", ""))
    frames = numbers[None]
    if framing in ("multi-frame", "enhanced"):
        frames = np.stack([numbers[::-1], numbers, numbers[:, ::-1]])
    if framing == "enhanced":
        _in_functional_groups(dataset, len(frames))
    uid = {**NATIVE, **COMPRESSED}[syntax]
    content = written(with_pixels(dataset, frames, uid), bare=framing == "bare")
    return Twin("-".join(traits), "grey", {"grey.dcm": content}, "1" if len(frames) > 1 else "", traits=traits)


def _with_junk(numbers: NDArray[Any], how: _Depth) -> NDArray[Any]:
    """Bits above BitsStored that mean nothing: an overlay, or what the scanner left there."""
    junk = np.random.default_rng(5).integers(0, 1 << (16 - how.stored), numbers.shape).astype(np.uint16)
    plain = numbers.view(np.uint16) & ((1 << how.stored) - 1)
    return (plain | (junk << how.stored)).view(numbers.dtype)


def _labelled(how: _Depth, photometric: str, voi: str) -> Dataset:
    """Everything but the pixels."""
    dataset = described(
        Modality="CT",
        SamplesPerPixel=1,
        PhotometricInterpretation=photometric,
        BitsAllocated=how.allocated,
        BitsStored=how.stored,
        HighBit=how.stored - 1 if how.high_bit is None else how.high_bit,
        PixelRepresentation=int(how.signed),
        RescaleSlope=how.slope,
        RescaleIntercept=how.intercept,
        RescaleType="HU",
    )
    windows = {"linear": "LINEAR", "exact": "LINEAR_EXACT", "sigmoid": "SIGMOID", "several": "LINEAR"}
    if voi in windows:
        dataset.WindowCenter, dataset.WindowWidth = ([40, 300], [400, 1500]) if voi == "several" else (300, 1500)
        dataset.VOILUTFunction = windows[voi]
    elif voi == "lut":
        curve = (65535 * np.linspace(0, 1, 1024) ** 2).astype(np.uint16)
        dataset.VOILUTSequence = lut_item(curve, 0, 16)
    return dataset


def _in_functional_groups(dataset: Dataset, frames: int) -> None:
    """Rescale into each frame's own group; at the top level stands what would be wrong."""
    slope, intercept = dataset.RescaleSlope, dataset.RescaleIntercept
    groups = []
    for _ in range(frames):
        group = Dataset()
        group.PixelValueTransformationSequence = item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="HU")
        group.FrameVOILUTSequence = item(WindowCenter=40, WindowWidth=400)
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    dataset.SharedFunctionalGroupsSequence = item()
    dataset.RescaleSlope, dataset.RescaleIntercept = 3, 17
