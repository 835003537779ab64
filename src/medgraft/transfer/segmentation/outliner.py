"""From a case to its label map: windows over the prepared pixels, put together, and back on the case's own grid.

The same for validation, test and new cases, so that what was measured is what answers. With ``flips`` the answers for
the picture and its mirror images in the plane are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.prepared import Labels, Prepared, Study, called_back, prepare
from medgraft.transfer.segmentation.volumetric import slide

__all__ = ["Outliner"]

_SLICES = 8
"""That go through a 2-D network together."""


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
        return called_back(self.probability(prepared), prepared)

    def probability(self, prepared: Prepared) -> NDArray[np.floating]:
        """(classes, D, H, W) on the planned grid, background first; float16 to save memory."""
        with torch.no_grad():  # windows are weighed in place, which inference mode forbids
            if self.plan.dims == 3:
                found = self.chances(torch.from_numpy(prepared.pixels[None]))[0]
                return np.asarray(found.numpy().astype(np.float16))
            depth, parts = prepared.pixels.shape[1], list[NDArray[np.float16]]()
            for first in range(0, depth, _SLICES):
                chosen = np.arange(first, min(first + _SLICES, depth))
                parts.append(self.chances(torch.from_numpy(self._planes(prepared.pixels, chosen))).half().numpy())
        return np.asarray(np.concatenate(parts).transpose(1, 0, 2, 3))

    def _planes(self, pixels: NDArray[np.float32], chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """(m, C, H, W) of slices; with three planes those before and after are further channels."""
        last = pixels.shape[1] - 1
        shifts = (0,) if self.plan.planes == 1 else (-1, 0, 1)
        taken = [pixels[:, np.clip(chosen + shift, 0, last)] for shift in shifts]
        return np.ascontiguousarray(np.concatenate(taken).transpose(1, 0, 2, 3))

    def chances(self, pixels: Tensor) -> Tensor:
        """(N, classes, …) probabilities, on the CPU, of prepared pixels as the network takes them; gradients go through
        where they are asked for."""
        turns: list[list[int]] = [[], [-1], [-2], [-1, -2]] if self.flips else [[]]
        total: Tensor | None = None
        for turn in turns:
            given = torch.flip(pixels, turn) if turn else pixels
            found = slide(self._softmax, given, self.plan.patch, batch=self.plan.batch, overlap=self.overlap)
            found = torch.flip(found, turn) if turn else found
            total = found if total is None else total.add_(found)
        return pixels if total is None else total.div_(len(turns))

    def _softmax(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.network(pixels.to(self.device)).float()
        chance = torch.softmax(logits, dim=1).cpu()
        return chance.clone() if chance.requires_grad else chance  # windows are weighed in place
