"""A bundle that can only be asked: trees, a gallery of neighbours, hand-crafted features."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.transfer.models.heads.head import Head

__all__ = ["BlackBox"]

_LEAST = 1e-9


class BlackBox:
    """An ``Explained`` network without a gradient. ``no_gradient`` says why it has none."""

    def __init__(self, features: PixelFeatures, head: Head, no_gradient: str) -> None:
        self._features, self._head, self.no_gradient = features, head, no_gradient

    def evidence(self, pixels: NDArray[np.float32], target: int) -> NDArray[np.float64]:
        """See the contract; chances nearer to 0 or 1 than 1e-9 count as that."""
        answers = self._head.answers(Bags.single(self._features(pixels)))
        chances = np.clip(answers[:, target].astype(np.float64), _LEAST, 1 - _LEAST)
        return np.asarray(np.log(chances) - np.log1p(-chances))

    def slopes(self, pixels: NDArray[np.float32], target: int) -> NoReturn:
        """``UsageError``."""
        raise UsageError(f"following a gradient: {self.no_gradient}")

    def readings(self, pixels: NDArray[np.float32], target: int) -> NoReturn:
        """``UsageError``."""
        raise UsageError(f"following a gradient: {self.no_gradient}")
