"""Feeds of pretraining: a picture with augmentation, or two views of it; three channels, whatever the pictures have.

Augmentation sees grey pictures as grey (one channel is drawn for and computed once); they are repeated at the end, so
that the weights that are made take R, G and B like any others of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.data.augmentation.policy import policy_for, views_for
from medgraft.transfer.training.examples import Feed
from medgraft.transfer.training.pixel_feed import Augment, PixelFeed

__all__ = ["ThreeChannels", "TwoViews", "gentle", "strong"]

Pixels = Callable[[NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True)
class ThreeChannels:
    """What ``feed`` gives, one channel repeated three times."""

    feed: Feed

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.floating], ...]:
        return tuple(
            np.repeat(item, 3, axis=1) if item.shape[1] == 1 else item for item in self.feed(rows, index, epoch)
        )


class TwoViews:
    """Two augmented views of each picture, other ones in each epoch; without an epoch those of epoch 0, which no
    training sees: an epoch's views are numbers 2e and 2e + 1."""

    def __init__(self, pixels: Pixels, augment: Augment) -> None:
        self._plain, self._augment = PixelFeed(pixels), augment

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.floating], ...]:
        """Two arrays (m, C, S, S). Raises ``DataError`` for pixels that are not finite."""
        (plain,) = self._plain(rows, index, None)
        first = 2 * (epoch or 0)
        return tuple(
            np.stack([self._augment(one, view, int(i)) for one, i in zip(plain, index, strict=True)])
            for view in (first, first + 1)
        )


def gentle(modality: Sequence[str], seed: int) -> Augment:
    """``augment(pixels, epoch, index)`` of fine-tuning, for picture ``index`` by its own modality."""
    return _by_modality({name: policy_for(name).augment for name in set(modality)}, modality, seed)


def strong(modality: Sequence[str], seed: int) -> Augment:
    """The same of views, see ``views_for``."""
    return _by_modality({name: views_for(name).augment for name in set(modality)}, modality, seed)


def _by_modality(
    policies: dict[str, Callable[..., tuple[NDArray[np.float32], object]]], modality: Sequence[str], seed: int
) -> Augment:
    def augment(pixels: NDArray[np.float32], epoch: int, index: int) -> NDArray[np.float32]:
        return policies[modality[index]](pixels, seed=seed, epoch=epoch, index=index)[0]

    return augment
