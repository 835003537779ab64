"""Patches while the encoder is frozen: its maps instead of pixels, computed once a view and kept.

The views repeat: epoch e shows view ``1 + (e − 1) mod views``, kept or not, so that a training from kept maps and one
that computes them each time see the same and end with the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.segmentation.patches import PatchFeed
from medgraft.transfer.training.prefix_feed import PrefixFeed

__all__ = ["KeptMaps", "PatchPixels", "RepeatedViews", "view_of"]


def view_of(epoch: int | None, views: int) -> int | None:
    """Which view an epoch shows; ``None``: the plain patch."""
    return None if epoch is None else 1 + (epoch - 1) % views


@dataclass(frozen=True)
class PatchPixels:
    """The pixels of a feed alone, as a prefix reads them."""

    feed: PatchFeed

    @property
    def augment(self) -> bool | None:
        """Whether views differ."""
        return self.feed.augment

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.float32]]:
        """(pixels,)."""
        return (self.feed(rows, index, epoch)[0],)


@dataclass(frozen=True)
class RepeatedViews:
    """The feed with views that repeat; nothing is kept."""

    feed: PatchFeed
    views: int

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.float32], ...]:
        """(pixels, labels)."""
        return self.feed(rows, index, view_of(epoch, self.views))


@dataclass(frozen=True)
class KeptMaps:
    """(maps of the encoder …, labels); ``maps`` keeps the first, this the second."""

    feed: PatchFeed
    maps: PrefixFeed
    views: int
    _labels: dict[tuple[int, int | None], NDArray[np.uint8]] = field(default_factory=dict)

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.floating], ...]:
        """See the class; ``index`` is the patch's number, as ``rows``."""
        view = view_of(epoch, self.views)
        labels = np.stack([self._known(int(row), view) for row in rows]).astype(np.float32)
        return (*self.maps(rows, index, epoch), labels)

    def _known(self, number: int, view: int | None) -> NDArray[np.uint8]:
        key = (number, view)
        if key not in self._labels:
            self._labels[key] = self.feed.patch(number, view).labels
        return self._labels[key]
