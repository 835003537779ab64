"""From a case to its label map: windows over the prepared pixels, put together, and back on the case's own grid.

The same for validation, test and new cases, so that what was measured is what answers. With ``flips`` the answers for
the picture and its mirror images in the plane are averaged. Of a volume some slices are answered at a time, and called
at once where nothing is to be resampled, so that a large one needs little more memory than its own voxels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.prepared import Labels, Prepared, Study, as_stored, called_back, largest, prepare
from medgraft.transfer.segmentation.slabs import slabs
from medgraft.transfer.segmentation.volumetric import slide

__all__ = ["Outliner"]

_SLICES = 8
"""That go through a 2-D network together."""
_TURNS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-1, -2))
"""Axes of the plane that are turned round for the mirror images."""


@dataclass(frozen=True)
class Outliner:
    """``network`` in eval mode, pixels → logits; ``overlap`` of windows, share of a side."""

    network: nn.Module
    plan: Plan
    preprocessing: Preprocessing
    overlap: float = 0.5
    flips: bool = False
    device: str = "cpu"

    def __call__(self, study: Study) -> Labels:
        """The label map on the grid of the study as it is stored, (H, W) or (D, H, W)."""
        prepared = prepare(Study(study.content), self.plan, self.preprocessing)
        if prepared.pixels.shape[1:] != prepared.shape:
            return called_back(self.probability(prepared), prepared)
        called = np.empty(prepared.shape, np.uint8)
        for place, part in self._parts(prepared):
            called[place] = largest(part, part.shape[1:])
        return as_stored(called, prepared)

    def probability(self, prepared: Prepared) -> NDArray[np.float16]:
        """(classes, D, H, W) on the planned grid, background first; float16 to save memory."""
        whole: NDArray[np.float16] | None = None
        for place, part in self._parts(prepared):
            if whole is None:
                whole = np.empty((len(part), *prepared.pixels.shape[1:]), np.float16)
            whole[:, place] = part
        return np.empty((0, *prepared.shape), np.float16) if whole is None else whole

    def _parts(self, prepared: Prepared) -> Iterator[tuple[slice, NDArray[np.float16]]]:
        """Slices of the planned grid, and (classes, d, H, W) of them."""
        first = 0
        for part in self._slabs(prepared.pixels) if self.plan.dims == 3 else self._stacks(prepared.pixels):
            yield slice(first, first + part.shape[1]), part.astype(np.float16)
            first += part.shape[1]

    def _stacks(self, pixels: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Of a network of pictures."""
        for first in range(0, pixels.shape[1], _SLICES):
            chosen = np.arange(first, min(first + _SLICES, pixels.shape[1]))
            yield self._windows(torch.from_numpy(self._planes(pixels, chosen))).numpy().transpose(1, 0, 2, 3)

    def _slabs(self, pixels: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Of a network of volumes; mirror images in the plane have the same slices."""
        turns = [axes for axes in _TURNS if self.flips or not axes]
        ways = [
            slabs(self._softmax, np.flip(pixels, axes), self.plan.patch, batch=self.plan.batch, overlap=self.overlap)
            for axes in turns
        ]
        for together in zip(*ways, strict=True):
            total = np.flip(together[0], turns[0]).copy()
            for axes, one in zip(turns[1:], together[1:], strict=True):
                total += np.flip(one, axes)
            yield total / len(turns) if len(turns) > 1 else total

    def _planes(self, pixels: NDArray[np.float32], chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """(m, C, H, W) of slices; with three planes those before and after are further channels."""
        last = pixels.shape[1] - 1
        shifts = (0,) if self.plan.planes == 1 else (-1, 0, 1)
        taken = [pixels[:, np.clip(chosen + shift, 0, last)] for shift in shifts]
        return np.ascontiguousarray(np.concatenate(taken).transpose(1, 0, 2, 3))

    def _windows(self, pixels: Tensor) -> Tensor:
        """(N, classes, H, W) probabilities of pictures."""
        turns = [axes for axes in _TURNS if self.flips or not axes]
        total: Tensor | None = None
        for turn in turns:
            given = torch.flip(pixels, turn) if turn else pixels
            found = slide(self._softmax, given, self.plan.patch, batch=self.plan.batch, overlap=self.overlap)
            found = torch.flip(found, turn) if turn else found
            total = found if total is None else total.add_(found)
        return pixels if total is None else total.div_(len(turns))

    def _softmax(self, pixels: Tensor) -> Tensor:
        with torch.no_grad():  # windows are weighed in place, which inference mode forbids
            logits: Tensor = self.network(pixels.to(self.device)).float()
            return torch.softmax(logits, dim=1).cpu()
