"""Patches of prepared cases as the inputs of a training loop, each drawn from (seed, epoch, number of the patch).

In an epoch every case gives the same number of patches; a share of them lies around a voxel of a structure, each
structure equally likely. Without an epoch the patch of a number is always the same: drawn as in an epoch 0 for training
cases, or the tile of that number that covers a validation case; what two tiles share counts in the first one only, and
what lies outside of a case counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.segmentation.deformation import deformed, draw_deformation
from medgraft.transfer.segmentation.plan import Plan, Shape
from medgraft.transfer.segmentation.prepared import UNKNOWN, Prepared

__all__ = ["Patch", "PatchFeed", "Tile", "cut_out", "tiles_of"]

_STREAM = 11
"""Name of the stream of draws."""

Shelf = Callable[[int], Prepared]
"""The prepared case of a row; it has a label map."""


@dataclass(frozen=True)
class Patch:
    """``pixels`` (C, …) and ``labels`` (…), 2-D or 3-D as the network takes them."""

    pixels: NDArray[np.float32]
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """Where a patch of validation lies: the case's ``row``, its first voxel, and from where on it counts."""

    row: int
    corner: Shape
    fresh: Shape


def cut_out(
    case: Prepared, corner: Sequence[int], patch: Shape, planes: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(C, D, H, W) and (D, H, W) of ``patch`` at ``corner``, which may lie outside: pixels there repeat the border, the
    label map is unknown. With three planes the slices before and after are further channels."""
    labels = case.labels if case.labels is not None else np.full(case.pixels.shape[1:], UNKNOWN, np.uint8)
    places = [
        np.clip(np.arange(first, first + side), 0, whole - 1)
        for first, side, whole in zip(corner, patch, labels.shape, strict=True)
    ]
    inside = [
        (np.arange(first, first + side) >= 0) & (np.arange(first, first + side) < whole)
        for first, side, whole in zip(corner, patch, labels.shape, strict=True)
    ]
    block = np.ix_(*places)
    known = inside[0][:, None, None] & inside[1][None, :, None] & inside[2][None, None, :]
    there = np.where(known, labels[block], np.uint8(UNKNOWN))
    depth = labels.shape[0]
    shifts = (0,) if planes == 1 else (-1, 0, 1)
    taken = []
    for shift in shifts:
        moved = np.ix_(np.clip(places[0] + shift, 0, depth - 1), *places[1:])
        taken.append(np.stack([channel[moved] for channel in case.pixels]))
    return np.concatenate(taken).astype(np.float32), there


def tiles_of(row: int, shape: Shape, patch: Shape) -> list[Tile]:
    """Tiles that cover a case of ``shape`` (planned grid), each voxel once."""
    starts = [_starts(whole, side) for whole, side in zip(shape, patch, strict=True)]
    return [Tile(row, (z, y, x), (fz, fy, fx)) for z, fz in starts[0] for y, fy in starts[1] for x, fx in starts[2]]


def _starts(whole: int, side: int) -> list[tuple[int, int]]:
    """First voxel of each tile along an axis, and how many of its own are counted already by the one before."""
    if whole <= side:
        return [(-((side - whole) // 2), 0)]
    found, covered = list[tuple[int, int]](), 0
    while covered < whole:
        first = min(covered, whole - side)
        found.append((first, covered - first))
        covered = first + side
    return found


@dataclass(frozen=True)
class _Structure:
    """Where the voxels of one structure lie: ``upto`` says how many there are up to the end of each line of voxels
    along the last axis, so that any of them is found without a search through the case."""

    number: int
    upto: NDArray[np.int64]

    def voxel(self, labels: NDArray[np.uint8], share: float) -> tuple[int, int, int]:
        """The voxel at ``share`` (below 1) of all of them."""
        wanted = int(share * int(self.upto[-1]))
        line = int(np.searchsorted(self.upto, wanted, side="right"))
        depth, row = divmod(line, labels.shape[1])
        before = int(self.upto[line - 1]) if line else 0
        return depth, row, int(np.flatnonzero(labels[depth, row] == self.number)[wanted - before])


def _structures(labels: NDArray[np.uint8] | None) -> list[_Structure]:
    """Of the structures that a label map has."""
    if labels is None:
        return []
    found = [number for number in np.unique(labels).tolist() if 0 < number < UNKNOWN]
    return [_Structure(number, np.count_nonzero(labels == number, axis=2).ravel().cumsum()) for number in found]


class PatchFeed:
    """Rows are numbers of patches: of training, ``case × patches + k``; of validation, places in ``tiles``. It gives
    (pixels, labels), each (m, …); ``augment`` says whether epochs differ."""

    def __init__(
        self,
        shelf: Shelf,
        plan: Plan,
        *,
        seed: int,
        cases: Sequence[int] = (),
        tiles: Sequence[Tile] = (),
        foreground: float = 0.5,
    ) -> None:
        self._shelf, self._plan, self._seed = shelf, plan, seed
        self._cases, self._tiles, self._foreground = list(cases), list(tiles), foreground
        self.augment: bool | None = True if cases else None
        self._structures: dict[int, list[_Structure]] = {}

    def __len__(self) -> int:
        return len(self._cases) * self._plan.patches if self._cases else len(self._tiles)

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See the class; ``index`` is not needed: a patch's number says what is drawn."""
        found = [self.patch(int(row), epoch) for row in rows]
        pixels = np.stack([one.pixels for one in found])
        return pixels, np.stack([one.labels for one in found]).astype(np.float32)

    def patch(self, number: int, epoch: int | None) -> Patch:
        """One of them."""
        if self._tiles:
            tile = self._tiles[number]
            pixels, labels = cut_out(self._shelf(tile.row), tile.corner, self._plan.patch, self._plan.planes)
            for axis, start in enumerate(tile.fresh):
                labels[(slice(None),) * axis + (slice(0, start),)] = UNKNOWN
        else:
            rng = np.random.default_rng((_STREAM, self._seed, epoch or 0, number))
            row = self._cases[number // self._plan.patches]
            case = self._shelf(row)
            if row not in self._structures:
                self._structures[row] = _structures(case.labels)
            corner = self._corner(case, self._structures[row], rng)
            pixels, labels = cut_out(case, corner, self._plan.patch, self._plan.planes)
            if epoch is not None:
                drawn = draw_deformation(rng, flat=self._plan.dims == 2, mirror=self._plan.mirror)
                pixels, labels = deformed(pixels, labels, drawn)
        if self._plan.dims == 2:
            return Patch(pixels[:, 0], labels[0])
        return Patch(pixels, labels)

    def _corner(self, case: Prepared, there: Sequence[_Structure], rng: np.random.Generator) -> tuple[int, ...]:
        """Of a drawn patch."""
        labels, patch = case.labels, self._plan.patch
        wanted, places = rng.uniform(), rng.uniform(0, 1, 3)
        choice, voxel = rng.uniform(), rng.uniform()
        shape = case.pixels.shape[1:]
        if labels is not None and there and wanted < self._foreground:
            centre = there[int(choice * len(there))].voxel(labels, voxel)
            free = [int(place * side) for place, side in zip(places, patch, strict=True)]
            return tuple(
                _held(middle - away, whole, side)
                for middle, away, whole, side in zip(centre, free, shape, patch, strict=True)
            )
        return tuple(
            int(place * (whole - side + 1)) if whole > side else -((side - whole) // 2)
            for place, whole, side in zip(places, shape, patch, strict=True)
        )


def _held(first: int, whole: int, side: int) -> int:
    """Inside the case where the patch fits in, else the case in its middle."""
    return min(max(first, 0), whole - side) if whole > side else -((side - whole) // 2)
