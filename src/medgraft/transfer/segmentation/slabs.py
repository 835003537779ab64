"""Windows over a volume of any size, a few slices at a time: memory for one window's depth, not for the volume.

The windows, their order and their Gaussian weights are those of MONAI's sliding window over the whole; slices that no
further window reaches are given away, and what they took is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgraft.transfer.segmentation.plan import Shape
from medgraft.transfer.segmentation.volumetric import window_weights

__all__ = ["slabs"]


def slabs(
    predict: Callable[[Tensor], Tensor], pixels: NDArray[np.float32], window: Shape, *, batch: int, overlap: float
) -> Iterator[NDArray[np.float32]]:
    """``predict`` on windows (n, C, …) of ``pixels`` (C, D, H, W), weighed and put together: (classes, d, H, W) of the
    first slices, of those that follow, … A case that is smaller than the window is padded, and cut back."""
    lacking = [max(side - whole, 0) for side, whole in zip(window, pixels.shape[1:], strict=True)]
    before = [more // 2 for more in lacking]
    own = tuple(slice(first, first + whole) for first, whole in zip(before, pixels.shape[1:], strict=True))
    if any(lacking):
        pads = [(0, 0), *((first, more - first) for first, more in zip(before, lacking, strict=True))]
        pixels = np.pad(pixels, pads, mode="edge")
    depths, rows, columns = (
        _starts(whole, side, overlap) for whole, side in zip(pixels.shape[1:], window, strict=True)
    )
    weights = window_weights(window)
    total, seen = torch.zeros(0), torch.zeros(window[0], *pixels.shape[2:])
    for depth, after in zip(depths, [*depths[1:], pixels.shape[1]], strict=True):
        corners = list(product(rows, columns))
        for first in range(0, len(corners), batch):
            chosen = corners[first : first + batch]
            found = predict(torch.from_numpy(_cut(pixels, window, depth, chosen)))
            if not len(total):
                total = torch.zeros(found.shape[1], *seen.shape)
            for one, (row, column) in zip(found, chosen, strict=True):
                place = (slice(None), slice(row, row + window[1]), slice(column, column + window[2]))
                total[:, *place] += weights * one
                seen[place] += weights
        done = after - depth
        found = total[:, :done] / seen[:done]
        # of a padded case there is one slab: the window is as deep as all of it
        yield found.numpy()[:, own[0] if lacking[0] else slice(None), *own[1:]]
        _move_up(total, done, axis=1)
        _move_up(seen, done, axis=0)


def _starts(whole: int, side: int, overlap: float) -> list[int]:
    """Where windows begin along an axis; the last one ends with it."""
    step = max(1, int(side * (1 - overlap)))
    return [*range(0, whole - side, step), whole - side]


def _cut(
    pixels: NDArray[np.float32], window: Shape, depth: int, corners: Sequence[tuple[int, int]]
) -> NDArray[np.float32]:
    """(n, C, …) windows."""
    layer = pixels[:, depth : depth + window[0]]
    cut = [layer[:, :, row : row + window[1], column : column + window[2]] for row, column in corners]
    return np.ascontiguousarray(np.stack(cut))


def _move_up(values: Tensor, slices: int, *, axis: int) -> None:
    """The first slices leave, the others take their places, and the last begin anew."""
    left = values.shape[axis] - slices
    for place in range(left):  # one by one: source and target overlap
        values.select(axis, place).copy_(values.select(axis, place + slices))
    values.narrow(axis, left, slices).zero_()
