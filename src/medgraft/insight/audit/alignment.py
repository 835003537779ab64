"""How alike two pictures are once one is laid upon the other: mirrored, turned upside down, shifted, enlarged a little.

Pictures of one kind look alike from afar: two chest films of two people correlate with 0.9. What tells copies from
likeness is the finest structure, down to the noise. So a pair is first brought into register by its coarser structure
(all shifts and four orientations at once, by Fourier transform; enlargements one by one, for copies that were cropped),
and then judged place by place: ``agreement`` is what 40 % of its places reach, so that burned-out, newly marked
or badly fitting parts do not hide a copy, and one equal part does not make one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from scipy import fft, ndimage

__all__ = ["ORIENTATIONS", "SIDE", "Registered", "Sheets", "grey_of", "stacked_grey"]

Floats = NDArray[np.float32]

SIDE = 128
"""Pixels a side of the pictures that are compared; they are brought into register at half of it."""

ORIENTATIONS = ("same", "mirrored", "upside-down", "turned")
"""``turned`` is both mirrorings: half a turn."""

_HALF = SIDE // 2
_FLIPS: tuple[tuple[int, ...], ...] = ((), (1,), (0,), (0, 1))
_REGISTER_BAND, _FINE_BAND = (0.8, 3.0), (0.5, 1.2)
_FLAT = 1e-3
_SCALES = tuple(1.0 + 0.02 * step for step in range(1, 7))
_FINER = (-0.01, -0.005, 0.0, 0.005, 0.01)
_SHIFT = 6
_REGISTERED_AT_ONCE, _JUDGED_AT_ONCE = 256, 32
_EDGE, _BLOCK = 8, 16
_TEXTURED = 0.2
_HOPELESS = 0.02
_BETTER = 0.05
_MANY_PLACES = 60
"""Agreement is the value that 40 % of the textured places reach: their 60th percentile."""


def grey_of(thumbnail: bytes) -> NDArray[np.uint8]:
    """A thumbnail (JPEG) as grey, (SIDE, SIDE), 0 to 255."""
    picture = PillowImage.open(io.BytesIO(thumbnail)).convert("L")
    return np.asarray(picture.resize((SIDE, SIDE), PillowImage.Resampling.BICUBIC))


def stacked_grey(thumbnails: Sequence[bytes]) -> NDArray[np.uint8]:
    """All thumbnails as grey, (n, SIDE, SIDE); an empty one is black."""
    black = np.zeros((SIDE, SIDE), np.uint8)
    if not thumbnails:
        return black[None][:0]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return np.stack(list(pool.map(lambda content: grey_of(content) if content else black, thumbnails)))


@dataclass(frozen=True)
class Registered:
    """Pairs as they fit best: ``likeness`` (m,) of their coarser structure, -1 to 1; ``orientation`` (m,) and ``shift``
    (m, 2) of the second picture, in pixels at half size."""

    likeness: Floats
    orientation: NDArray[np.int64]
    shift: NDArray[np.int64]

    def __getitem__(self, rows: NDArray[np.int64]) -> Registered:
        return Registered(self.likeness[rows], self.orientation[rows], self.shift[rows])


class Sheets:
    """Pictures ready to be compared: ``grey`` (n, SIDE, SIDE), 0 to 255."""

    def __init__(self, grey: NDArray[np.uint8]) -> None:
        self.grey = grey
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            made = list(pool.map(_prepared, grey))
        empty = np.zeros((0, _HALF, _HALF), np.float32)
        self._register = np.stack([register for register, _ in made]) if made else empty
        self._fine = [fine for _, fine in made]
        self._spectra = np.asarray(fft.rfft2(self._register, axes=(1, 2), workers=-1))
        self._views: dict[int, NDArray[np.complex64]] = {}

    def __len__(self) -> int:
        return len(self.grey)

    def register(self, pairs: NDArray[np.int64]) -> Registered:
        """The best fit of each pair (m, 2), without enlargement: first the orientation by the coarsest structure, then
        all shifts."""
        coarse = self._register.reshape(len(self), _HALF // 2, 2, _HALF // 2, 2).sum(axis=(2, 4))
        turned = np.stack([np.flip(coarse, tuple(axis + 1 for axis in flips)) for flips in _FLIPS], axis=1)
        likeness = np.empty(len(pairs), np.float32)
        way, shift = np.empty(len(pairs), np.int64), np.empty((len(pairs), 2), np.int64)

        def fit(part: NDArray[np.int64]) -> None:
            one, other = pairs[part, 0], pairs[part, 1]
            way[part] = np.einsum("mrc,mkrc->mk", coarse[one], turned[other]).argmax(axis=1)
            spectra = self._spectra[other]
            for number, flips in enumerate(_FLIPS[1:], start=1):
                rows = np.flatnonzero(way[part] == number)
                flipped = np.flip(self._register[other[rows]], tuple(axis + 1 for axis in flips))
                spectra[rows] = fft.rfft2(flipped, axes=(1, 2))
            likeness[part], shift[part] = _peaks(self._spectra[one], spectra)

        _by_chunks(fit, len(pairs), _REGISTERED_AT_ONCE)
        return Registered(likeness, way, shift)

    def agreement(self, pairs: NDArray[np.int64], fit: Registered) -> Floats:
        """What 40 % of the textured places reach, (m,), -1 to 1; 0 where too little has any texture."""
        found = np.zeros(len(pairs), np.float32)

        def judge(rows: NDArray[np.int64]) -> None:
            first = np.stack([self._fine[one] for one in pairs[rows, 0]]).astype(np.float32)
            found[rows] = _agreement(first, self._laid(pairs[rows, 1], fit[rows]))

        _by_chunks(judge, len(pairs), _JUDGED_AT_ONCE)
        return found

    def agreement_enlarged(self, pairs: NDArray[np.int64], fit: Registered) -> Floats:
        """The same where the second picture may be a part of the first, which is enlarged until it fits best; 0 where
        that fits hardly better than without."""
        found = np.zeros(len(pairs), np.float32)

        def judge(rows: NDArray[np.int64]) -> None:
            for row in rows:
                whole, part = (int(number) for number in pairs[row])
                turned = np.flip(self._register[part], _FLIPS[fit.orientation[row]])
                values, shifts = _peaks(self._enlargements(whole), fft.rfft2(turned)[None])
                best = int(values.argmax())
                if values[best] >= fit.likeness[row] + _BETTER:
                    moved = Registered(values[best : best + 1], fit.orientation[row : row + 1], shifts[best : best + 1])
                    second = np.repeat(self._laid(pairs[row : row + 1, 1], moved), len(_FINER), axis=0)
                    picture = _scaled(self.grey[whole])
                    finer = [_band(_zoomed(picture, _SCALES[best] + step), _FINE_BAND) for step in _FINER]
                    found[row] = _agreement(np.stack(finer), second).max()

        _by_chunks(judge, len(pairs), _JUDGED_AT_ONCE)
        return found

    def _laid(self, rows: NDArray[np.int64], fit: Registered) -> Floats:
        """The finest structure of pictures as they lie upon their partners, (m, SIDE, SIDE)."""
        ways, shifts = fit.orientation.tolist(), (2 * fit.shift).tolist()
        laid = [
            np.roll(np.flip(self._fine[row], _FLIPS[way]), shift, (0, 1))
            for row, way, shift in zip(rows, ways, shifts, strict=True)
        ]
        return np.stack(laid).astype(np.float32)

    def _enlargements(self, row: int) -> NDArray[np.complex64]:
        """Spectra of a picture enlarged by each of ``_SCALES``; kept, because each is asked for several times."""
        if row not in self._views:
            views = np.stack([_zoomed(self._register[row], scale) for scale in _SCALES]) * _fade(_HALF)
            norms = np.linalg.norm(views, axis=(1, 2), keepdims=True)
            self._views[row] = np.asarray(fft.rfft2(views / np.maximum(norms, _FLAT), axes=(1, 2)))
        return self._views[row]


def _by_chunks(work: Callable[[NDArray[np.int64]], None], count: int, size: int) -> None:
    """Call ``work`` with the numbers 0 to ``count``, ``size`` at a time, in threads."""
    chunks = [np.arange(start, min(start + size, count)) for start in range(0, count, size)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(work, chunks))


def _agreement(first: Floats, second: Floats) -> Floats:
    """Of bands (m, SIDE, SIDE) laid upon each other; the best of the pixels around is taken for each."""
    found = np.zeros(len(first), np.float32)
    hopeful = np.flatnonzero(_by_places(first, second) >= _HOPELESS)
    first, second = first[hopeful], second[hopeful]
    near = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
    shifted = np.stack([np.roll(second, shift, (1, 2)) for shift in near])
    best = np.einsum("mrc,kmrc->mk", first, shifted).argmax(axis=1)
    found[hopeful] = _by_places(first, shifted[best, np.arange(len(first))])
    return found


def _prepared(grey: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.float16]]:
    """What a picture is registered by, at half size, and its finest structure."""
    picture = _scaled(grey)
    half = picture.reshape(_HALF, 2, _HALF, 2).mean(axis=(1, 3))
    return _levelled(half), _band(picture, _FINE_BAND).astype(np.float16)


def _scaled(grey: NDArray[np.uint8]) -> Floats:
    return grey.astype(np.float32) / np.float32(255)


def _levelled(picture: Floats) -> Floats:
    """Coarser structure, levelled by its local strength, faded out at the edges, norm 1 (0 where it is flat)."""
    band = _band(picture, _REGISTER_BAND)
    strength = np.sqrt(ndimage.gaussian_filter(band * band, 2 * _REGISTER_BAND[1]))
    levelled = band / (strength + _FLAT)
    levelled = (levelled - levelled.mean()) * _fade(len(picture))
    norm = float(np.linalg.norm(levelled))
    return np.asarray(levelled / norm if norm > _FLAT else np.zeros_like(levelled), dtype=np.float32)


def _band(picture: Floats, band: tuple[float, float]) -> Floats:
    """What changes over ``band`` pixels: a difference of Gaussians."""
    fine, coarse = (ndimage.gaussian_filter(picture, sigma) for sigma in band)
    return np.asarray(fine - coarse, dtype=np.float32)


def _fade(side: int) -> Floats:
    """A window that falls to zero at the edges: a shift brings new content in there."""
    ramp = np.minimum(1.0, (np.arange(side) + 0.5) / 4)
    line = np.minimum(ramp, ramp[::-1])
    return np.outer(line, line).astype(np.float32)


def _peaks(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> tuple[Floats, NDArray[np.int64]]:
    """Largest correlation over shifts of up to ``_SHIFT`` pixels, and that shift, for each pair of spectra."""
    surface = fft.irfft2(one * np.conj(other), s=(_HALF, _HALF), axes=(1, 2))
    near = np.r_[0 : _SHIFT + 1, _HALF - _SHIFT : _HALF]
    window = surface[:, near[:, None], near].reshape(len(surface), -1)
    place = window.argmax(axis=1)
    rows, columns = np.divmod(place, len(near))
    shifts = np.stack([near[rows], near[columns]], axis=1)
    shifts = np.where(shifts > _SHIFT, shifts - _HALF, shifts)
    return np.asarray(window[np.arange(len(window)), place], dtype=np.float32), shifts


def _zoomed(picture: Floats, scale: float) -> Floats:
    """Enlarged about its middle, same size."""
    offset = (len(picture) - 1) / 2 * (1 - 1 / scale)
    return np.asarray(ndimage.affine_transform(picture, [1 / scale] * 2, offset=offset, order=1, mode="nearest"))


def _by_places(first: Floats, second: Floats) -> Floats:
    """Correlation block by block, and the value that many of the textured blocks reach, for each pair (m,)."""
    across = (SIDE - 2 * _EDGE) // _BLOCK

    def sums(one: Floats, other: Floats) -> Floats:
        inner = (one * other)[:, _EDGE : SIDE - _EDGE, _EDGE : SIDE - _EDGE]
        columns = inner.reshape(len(inner), SIDE - 2 * _EDGE, across, _BLOCK).sum(axis=3)
        blocks = columns.reshape(len(inner), across, _BLOCK, across).sum(axis=2)
        return np.asarray(blocks.reshape(len(inner), across**2))

    one, other, both = sums(first, first), sums(second, second), sums(first, second)
    floor = _BLOCK * _BLOCK * 1e-6
    textured = (one > np.maximum(_TEXTURED * np.median(one, axis=1, keepdims=True), floor)) & (other > floor)
    value = both / np.sqrt(np.maximum(one * other, floor * floor))
    ordered = np.sort(np.where(textured, value, np.inf), axis=1)
    count = textured.sum(axis=1)
    place = (np.maximum(count, 1) - 1) * (_MANY_PLACES / 100)
    below, rows = np.floor(place).astype(np.int64), np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, np.minimum(below + 1, np.maximum(count, 1) - 1)]
    enough = count >= across
    low, high = np.where(enough, low, 0.0), np.where(enough, high, 0.0)
    return np.asarray(low + (high - low) * (place - below), dtype=np.float32)
