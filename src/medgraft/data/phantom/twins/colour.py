"""Colour twins: one picture of 250 colours as RGB, planar, palette, and the YBR spaces.

RGB, planar, palette and YBR_RCT carry it exactly; YBR_FULL rounds (1 level); YBR_FULL_422 halves the colour's columns,
and is compared with the truth halved in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from medgraft.data.phantom.twins.encoding import COMPRESSED, NATIVE, described, with_pixels, written
from medgraft.data.phantom.twins.twin import Twin, phantom_levels

__all__ = ["CHROMA_BOUND", "colour_truth", "colour_twins", "ybr_of"]

CHROMA_BOUND = 2.0
"""Levels by which YBR_FULL_422 may differ from the truth whose colour was halved: rounding forth and back."""

_NAMES = ("Red", "Green", "Blue")


def _palette() -> NDArray[np.uint8]:
    """256 colours, smooth and far from grey, (256, 3)."""
    level = np.arange(256)
    return np.stack([level, 255 - level // 2, (level * 3) % 256], axis=1).astype(np.uint8)


def colour_truth() -> NDArray[np.uint8]:
    """RGB, (rows, columns, 3)."""
    return _palette()[phantom_levels()]


def ybr_of(rgb: NDArray[Any]) -> NDArray[np.float64]:
    """YBR_FULL (PS3.3 C.7.6.3.1.2), not rounded."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    return np.asarray(rgb.astype(np.float64) @ matrix.T + np.array([0.0, 128.0, 128.0]))


def colour_twins() -> Iterator[Twin]:
    """All of them."""
    rgb = colour_truth()
    for syntax in NATIVE:
        for planar in (0, 1):
            yield _twin(f"rgb-planar-{planar}", _labelled("RGB", planar), rgb[None], syntax)
        yield _twin("ybr-full", _labelled("YBR_FULL", 0), _rounded(ybr_of(rgb))[None], syntax, tolerance=1.0)
        yield _palette_twin(syntax, bits=16)
        yield _palette_twin(syntax, bits=8)
    for syntax in ("rle", "jpeg-ls", "jpeg-2000", "htj2k"):
        yield _twin("rgb", _labelled("RGB", 0), rgb[None], syntax)
        yield _twin("rgb", _labelled("RGB", 0), np.stack([rgb[::-1], rgb]), syntax, member="1")
    for syntax in ("rle", "jpeg-ls"):
        yield _palette_twin(syntax, bits=16)
    yield _twin("ybr-rct", _labelled("YBR_RCT", 0), rgb[None], "jpeg-2000", mct=True)
    for syntax in ("explicit", "implicit", "big-endian"):
        yield _halved(rgb, syntax)


def _rounded(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _labelled(photometric: str, planar: int) -> Dataset:
    """Three samples of eight bits."""
    return described(
        Modality="XC",
        SamplesPerPixel=3,
        PhotometricInterpretation=photometric,
        PlanarConfiguration=planar,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
    )


def _twin(kind: str, dataset: Dataset, frames: NDArray[Any], syntax: str, **more: Any) -> Twin:
    """``more``: ``member``, ``tolerance``, ``mct``."""
    uid = {**NATIVE, **COMPRESSED}[syntax]
    content = written(with_pixels(dataset, frames, uid, mct=more.get("mct", False)))
    member = more.get("member", "")
    traits = tuple(word for word in (kind, syntax, "multi-frame" if member else "") if word)
    return Twin("-".join(traits), "colour", {"colour.dcm": content}, member, more.get("tolerance", 0.0), traits)


def _palette_twin(syntax: str, *, bits: int) -> Twin:
    """Indices, and tables of 8 bits or of 16 (a level and itself again, as the standard asks)."""
    dataset = described(
        Modality="US",
        SamplesPerPixel=1,
        PhotometricInterpretation="PALETTE COLOR",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
    )
    for name, table in zip(_NAMES, _palette().T.astype(np.uint16), strict=True):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, bits])
        entries = (table * 257).astype("<u2") if bits == 16 else table.astype("u1")
        setattr(dataset, f"{name}PaletteColorLookupTableData", entries.tobytes())
    return _twin(f"palette-{bits}", dataset, phantom_levels()[None], syntax)


def _halved(rgb: NDArray[np.uint8], syntax: str) -> Twin:
    """YBR_FULL_422, uncompressed: Y Y B R for two pixels; the colour is that of the first."""
    ybr = _rounded(ybr_of(rgb))
    rows, columns = ybr.shape[:2]
    packed = np.empty((rows, columns // 2, 4), np.uint8)
    packed[..., 0], packed[..., 1] = ybr[:, ::2, 0], ybr[:, 1::2, 0]
    packed[..., 2], packed[..., 3] = ybr[:, ::2, 1], ybr[:, ::2, 2]
    dataset = _labelled("YBR_FULL_422", 0)
    uid = NATIVE[syntax]
    with_pixels(dataset, packed.reshape(1, rows, columns * 2), uid)
    dataset.Columns = columns
    traits = ("ybr-full-422", syntax)
    return Twin("-".join(traits), "colour", {"colour.dcm": written(dataset)}, "", CHROMA_BOUND, traits)
