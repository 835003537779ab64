"""The inputs of a detector that learns: pixels (or what crosses a cut), and the boxes that are in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.detection.augmentation import BoxAugmentation, visible
from medgraft.transfer.training.examples import Feed

__all__ = ["NO_BOX", "BoxesFeed"]

NO_BOX = -1
"""The class index of a row that holds no box."""


@dataclass(frozen=True)
class BoxesFeed:
    """``inputs`` gives pixels or activations of rows; ``boxes`` of every row (n, 5): ``x0 y0 x1 y1`` in the square of
    ``side`` pixels, and the class index.

    ``augment`` moves the boxes as ``inputs`` moves the pixels; ``views``: where ``inputs`` keeps activations, how many
    views of a picture there are, which come round by epoch; 0 where each epoch has its own.
    """

    inputs: Feed
    boxes: Sequence[NDArray[np.float64]]
    side: int
    augment: BoxAugmentation | None = None
    views: int = 0

    @property
    def most(self) -> int:
        """Rows of the boxes of each picture: the most that any has, 1 at least."""
        return max(1, *(len(rows) for rows in self.boxes))

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.floating[Any]], ...]:
        """The inputs, and last the boxes (m, most, 5) float32, rows without a box marked by ``NO_BOX``."""
        inputs = self.inputs(rows, index, epoch)
        shown = None if epoch is None or self.augment is None else epoch
        if shown is not None and self.views:
            shown = 1 + (shown - 1) % self.views  # as the prefix cache counts them
        padded = np.zeros((len(rows), self.most, 5), np.float32)
        padded[:, :, 4] = NO_BOX
        for place, (row, case) in enumerate(zip(rows.tolist(), index.tolist(), strict=True)):
            found = self._shown(self.boxes[row], shown, case)
            padded[place, : len(found)] = found
        return (*inputs, padded)

    def _shown(self, boxes: NDArray[np.float64], epoch: int | None, case: int) -> NDArray[np.float64]:
        if epoch is None or self.augment is None:
            corners, seen = visible(boxes[:, :4], self.side)
        else:
            corners, seen = self.augment.boxes(boxes[:, :4], self.side, epoch, case)
        return np.concatenate([corners, boxes[:, 4:]], axis=1)[seen]
