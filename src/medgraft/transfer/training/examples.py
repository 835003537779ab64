"""What a training loop reads: labelled cases whose network inputs are fetched a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Examples", "Feed"]


class Feed(Protocol):
    """Where the inputs of a network come from.

    Called with ``rows`` (m,), what the feed understands, and ``index`` (m,), the position of each case in the sorted
    cohort, it gives arrays (m, …), one for each input of the network, independent of what else is in the batch. With an
    ``epoch`` they are those of a training case in that epoch (augmented), without one the plain ones.
    """

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.floating], ...]: ...


@dataclass(frozen=True)
class Examples:
    """n cases. ``rows`` (n,) is what the feed understands; ``labels`` (n,) class indices; ``weights`` (n,) float in
    the loss; ``index`` (n,) position of the case in the sorted cohort, which seeds its augmentation; ``targets`` (n, …)
    what is trained to, where that is not the labels."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]
    index: NDArray[np.int64]
    feed: Feed
    targets: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, chosen: NDArray[np.int64], *, epoch: int | None = None) -> tuple[NDArray[np.floating], ...]:
        """Inputs of the cases at positions ``chosen``."""
        return self.feed(self.rows[chosen], self.index[chosen], epoch)

    def asked(self, chosen: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.float32]:
        """What the objective trains the cases at positions ``chosen`` to."""
        return self.labels[chosen] if self.targets is None else self.targets[chosen]
