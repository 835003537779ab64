"""What a picture tells beside its anatomy: the cues by which a class may be recognised without looking at the patient.

Each cue is a table of numbers, (n, k), for cases whose pixels are known: where it was made, how large it is, how it was
encoded, what its edge and its corners look like, how much looks like writing. Nothing here sees a label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.alignment import SIDE, stacked_grey
from medgraft.registry import Registry

__all__ = ["CUES", "Cue", "CueMaterial"]

Floats = NDArray[np.float64]

_SIDE = SIDE // 2
_CORNER = _SIDE // 6
_EDGES = (1, 3)
_POOLED = 2


class CueMaterial:
    """Sites and facts of the cases that are looked at; their small pictures are read once."""

    def __init__(
        self, sites: Sequence[str | None], facts: Sequence[PixelFacts], pictures: NDArray[np.uint8] | None = None
    ) -> None:
        self.sites, self.facts = sites, facts
        shown = stacked_grey([fact.thumbnail for fact in facts]) if pictures is None else pictures
        grey = shown.astype(np.float64) / 255
        self.grey = grey.reshape(len(grey), _SIDE, 2, _SIDE, 2).mean(axis=(2, 4))


Cue = Callable[[CueMaterial], Floats]
"""(n, k), finite; k may be 0 where there is nothing to see."""

CUES: Registry[Cue] = Registry("shortcut cue")


@CUES.register("site")
def site(material: CueMaterial) -> Floats:
    """Which site a case comes from; unknown is a site of its own."""
    codes, names = pd.factorize(pd.Series([name or "" for name in material.sites]), sort=True)
    return np.eye(len(names))[codes] if len(names) > 1 else np.zeros((len(codes), 0))


@CUES.register("size")
def size(material: CueMaterial) -> Floats:
    """Rows, columns, their ratio."""
    rows = np.array([[fact.height, fact.width, fact.height / fact.width] for fact in material.facts], dtype=np.float64)
    return np.log(rows)


@CUES.register("encoding")
def encoding(material: CueMaterial) -> Floats:
    """Depth, colour, bytes a pixel, quality of a JPEG, and the blocks that a JPEG leaves behind."""
    facts = material.facts
    kinds, _ = pd.factorize(pd.Series([f"{fact.dtype} {fact.channels}" for fact in facts]), sort=True)
    numbers = [
        [
            float(kind),
            np.log(fact.bytes_per_pixel) if fact.bytes_per_pixel else 0.0,
            fact.jpeg_quality if fact.jpeg_quality is not None else -1.0,
            fact.blockiness,
        ]
        for kind, fact in zip(kinds, facts, strict=True)
    ]
    return np.array(numbers, dtype=np.float64)


@CUES.register("border")
def border(material: CueMaterial) -> Floats:
    """Mean and spread of the four edges, thin and thicker."""
    grey, found = material.grey, []
    for width in _EDGES:
        for strip in (grey[:, :width], grey[:, -width:], grey[:, :, :width], grey[:, :, -width:]):
            flat = strip.reshape(len(grey), -1)
            found += [flat.mean(axis=1), flat.std(axis=1)]
    return np.stack(found, axis=1)


@CUES.register("corners")
def corners(material: CueMaterial) -> Floats:
    """The four corners, each in a few numbers: where markers are burned in."""
    grey, side = material.grey, _CORNER - _CORNER % _POOLED
    found = []
    for corner in (grey[:, :side, :side], grey[:, :side, -side:], grey[:, -side:, :side], grey[:, -side:, -side:]):
        step = side // _POOLED
        found.append(corner.reshape(len(grey), _POOLED, step, _POOLED, step).max(axis=(2, 4)).reshape(len(grey), -1))
        found.append(corner.reshape(len(grey), -1).std(axis=1, keepdims=True))
    return np.concatenate(found, axis=1)


@CUES.register("writing")
def writing(material: CueMaterial) -> Floats:
    """How much of the picture looks like burned-in characters or callipers."""
    return np.array([[fact.writing] for fact in material.facts], dtype=np.float64)
