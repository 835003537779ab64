"""Stage of ``adapt``: the source's pictures, to be looked at as another scanner would have taken them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.adaptation.acquisition import Acquisition, acquired

__all__ = ["ChangedPictures"]

_AT_ONCE = 64


class ChangedPictures:
    """``SourcePictures`` of cases whose prepared pixels are ``pixels``, through ``network``; changes are made to the
    prepared pixels, with grain from (seed, row)."""

    def __init__(self, pixels: PreparedPixels, network: PixelFeatures, *, seed: int = 0) -> None:
        self._pixels, self._network, self._seed = pixels, network, seed

    def features(self, rows: NDArray[np.int64], acquisition: Acquisition) -> NDArray[np.float32]:
        """See ``SourcePictures``."""
        return self._network.features(self._changed(rows, acquisition), len(rows))

    def _changed(self, rows: NDArray[np.int64], acquisition: Acquisition) -> Iterator[NDArray[np.float32]]:
        def one(pixels: NDArray[np.float32], row: int) -> NDArray[np.float32]:
            return acquired(pixels, acquisition, seed=self._seed, index=row)

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for start in range(0, len(rows), _AT_ONCE):
                part = rows[start : start + _AT_ONCE]
                yield from pool.map(one, self._pixels(part), [int(row) for row in part])
