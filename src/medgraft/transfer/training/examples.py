"""What a training loop reads: labelled cases whose pixels are fetched a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError

__all__ = ["Examples"]


@dataclass(frozen=True)
class Examples:
    """n cases. ``rows`` (n,) is what ``pixels`` understands; ``labels`` (n,) class indices; ``weights`` (n,)
    float in the loss; ``index`` (n,) position of the case in the sorted cohort, which seeds its augmentation.

    ``pixels(rows)`` gives (m, C, S, S) float32 in [0, 1]; ``augment(pixels of one case, epoch, index)`` gives
    the same shape and range.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]
    index: NDArray[np.int64]
    pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    augment: Callable[[NDArray[np.float32], int, int], NDArray[np.float32]] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, chosen: NDArray[np.int64], *, epoch: int | None = None) -> NDArray[np.float32]:
        """Pixels (m, C, S, S) of the cases at positions ``chosen``; augmented where an epoch is given.

        Raises ``DataError`` (case indices) for pixels that are not finite.
        """
        prepared = np.ascontiguousarray(self.pixels(self.rows[chosen]), dtype=np.float32)
        index = self.index[chosen]
        bad = ~np.isfinite(prepared).all(axis=(1, 2, 3))
        if bad.any():
            cases = ", ".join(str(i) for i in index[bad])
            raise DataError(
                f"training on the pixels of case(s) {cases} (position in the sorted cohort): NaN or infinity "
                "got, values in [0, 1] are needed; look at these images, or take them out of the cohort"
            )
        if epoch is None or self.augment is None:
            return prepared
        return np.stack([self.augment(one, epoch, int(i)) for one, i in zip(prepared, index, strict=True)])
