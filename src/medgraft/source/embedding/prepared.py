"""Prepared pixels for training a network: decoded once, kept in memory while they fit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.source.embedding.embed import Picture

__all__ = ["DEFAULT_BYTES", "PreparedPixels"]

DEFAULT_BYTES = 4 * 2**30
"""What the kept pixels may take; 4 GiB are 7,000 colour pictures of 224 pixels."""


class PreparedPixels:
    """Prepared pixels by row, for pictures that are known to be readable.

    Called with row numbers (m,), it gives (m, C, S, S) float32 in [0, 1]. A row is decoded when it is first asked
    for; while all rows fit into ``limit`` bytes it is kept, else it is decoded each time.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        preprocessing: Preprocessing,
        reader: ImageReader,
        *,
        limit: int = DEFAULT_BYTES,
    ) -> None:
        self._pictures, self._preprocessing, self._reader = pictures, preprocessing, reader
        self._shape = (preprocessing.channels, preprocessing.size, preprocessing.size)
        self._keeps = len(pictures) * 4 * int(np.prod(self._shape)) <= limit
        self._kept: dict[int, NDArray[np.float32]] = {}

    def __call__(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The pixels of ``rows``, in that order."""
        wanted = [int(row) for row in rows]
        fresh = [row for row in dict.fromkeys(wanted) if row not in self._kept]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            decoded = dict(zip(fresh, pool.map(self._decode, fresh), strict=True))
        if self._keeps:
            self._kept |= decoded
        pixels = np.empty((len(wanted), *self._shape), np.float32)
        for place, row in enumerate(wanted):
            pixels[place] = decoded[row] if row in decoded else self._kept[row]
        return pixels

    def _decode(self, row: int) -> NDArray[np.float32]:
        picture = self._pictures[row]
        return self._preprocessing.apply(self._reader.read(picture.path, picture.member))
