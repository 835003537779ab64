"""Prepared pixels for training a network: decoded once, kept in memory while they fit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ReaderError
from medgraft.source.embedding.embed import Picture

__all__ = ["DEFAULT_BYTES", "PooledPixels", "PreparedPixels"]

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
        self.channels = preprocessing.channels

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

    def unreadable(self, rows: NDArray[np.int64]) -> dict[int, str]:
        """Those of ``rows`` whose pixels cannot be had, with the reason; the others are kept while they fit."""
        try:
            self(rows)
        except ReaderError as error:
            if len(rows) == 1:
                return {int(rows[0]): str(error)}
            return {row: why for half in np.array_split(rows, 2) for row, why in self.unreadable(half).items()}
        return {}

    def _decode(self, row: int) -> NDArray[np.float32]:
        picture = self._pictures[row]
        return self._preprocessing.apply(self._reader.read(picture.path, picture.member))


class PooledPixels:
    """Prepared pixels of several sets in a row: of each set its ``rows``. Where some sets have one channel and others
    three, all have three."""

    def __init__(self, sets: Sequence[tuple[PreparedPixels, NDArray[np.int64]]]) -> None:
        self._sets = [pixels for pixels, _ in sets]
        self._owner = np.concatenate([np.full(len(rows), number) for number, (_, rows) in enumerate(sets)])
        self._row = np.concatenate([rows for _, rows in sets])
        self._channels = max(pixels.channels for pixels in self._sets)

    def __call__(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(m, C, S, S), in the order of ``rows``, which count through all sets."""
        owners = self._owner[rows]
        parts = {int(owner): self._sets[owner](self._row[rows[owners == owner]]) for owner in np.unique(owners)}
        side = next(iter(parts.values())).shape[-1] if parts else 0
        pixels = np.empty((len(rows), self._channels, side, side), np.float32)
        for owner, part in parts.items():
            pixels[owners == owner] = part  # one channel is repeated
        return pixels
