"""Pixels as the inputs of a network: the whole of it is computed each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.data.augmentation.policy import policy_for
from medgraft.errors import DataError

__all__ = ["PixelFeed", "augmentation"]

Augment = Callable[[NDArray[np.float32], int, int], NDArray[np.float32]]


def augmentation(modality: str, seed: int) -> Augment:
    """``augment(pixels (C, S, S), epoch, index)`` of the modality's policy."""
    policy = policy_for(modality)

    def augment(pixels: NDArray[np.float32], epoch: int, index: int) -> NDArray[np.float32]:
        augmented, _ = policy.augment(pixels, seed=seed, epoch=epoch, index=index)
        return augmented

    return augment


@dataclass(frozen=True)
class PixelFeed:
    """``pixels(rows)`` gives (m, C, S, S) float32 in [0, 1]; ``augment(pixels of one case, epoch, index)`` gives the
    same shape and range."""

    pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    augment: Augment | None = None

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.float32]]:
        """(pixels,). Raises ``DataError`` (case indices) for pixels that are not finite."""
        prepared = np.ascontiguousarray(self.pixels(rows), dtype=np.float32)
        bad = ~np.isfinite(prepared).all(axis=(1, 2, 3))
        if bad.any():
            cases = ", ".join(str(i) for i in index[bad])
            raise DataError(
                f"training on the pixels of case(s) {cases} (position in the sorted cohort): NaN or infinity "
                "got, values in [0, 1] are needed; look at these images, or take them out of the cohort"
            )
        if epoch is None or self.augment is None:
            return (prepared,)
        return (np.stack([self.augment(one, epoch, int(i)) for one, i in zip(prepared, index, strict=True)]),)
