"""Blur of three sorts, and its opposite; the border repeated. Widths are shares of the shorter side."""

from __future__ import annotations

import math

import numpy as np
from scipy import fft, ndimage

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["DEFOCUS", "EDGES", "GAUSSIAN", "MOTION", "disk", "line"]

_A_PIXEL = 16
"""Points of a line in a pixel."""
_OF_EDGES = 0.012
"""Standard deviation of the blur that edges are enhanced against."""


def disk(radius: float) -> Floats:
    """(2k + 1, 2k + 1) a disk of ``radius`` pixels that fades out over one pixel; its sum is 1."""
    reach = math.ceil(radius + 0.5)
    place = np.arange(-reach, reach + 1)
    kernel = np.clip(radius + 0.5 - np.hypot(place[:, None], place), 0, 1)
    return np.asarray(kernel / kernel.sum())


def line(length: float, angle: float) -> Floats:
    """(2k + 1, 2k + 1) a line of ``length`` pixels about the centre, at ``angle`` in radians; its sum is 1."""
    along = np.linspace(-length / 2, length / 2, max(2, math.ceil(length * _A_PIXEL)))
    rows, columns = along * math.sin(angle), along * math.cos(angle)
    reach = math.ceil(length / 2) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - (rows - top)) * np.abs(1 - right - (columns - left))
            np.add.at(kernel, (top + down + reach, left + right + reach), share)
    return np.asarray(kernel / kernel.sum())


def _convolved(pixels: Floats, kernel: Floats) -> Floats:
    reach = kernel.shape[0] // 2
    wide = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    shape, first = wide.shape[1:], kernel.shape[0] - 1  # what wraps round lies before it
    product = fft.rfft2(wide) * fft.rfft2(kernel[None], s=shape)
    return np.asarray(fft.irfft2(product, s=shape)[:, first:, first:])


def _gaussian(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    sigma = level * min(pixels.shape[1:])
    return np.asarray(ndimage.gaussian_filter(pixels, (0, sigma, sigma), mode="nearest"))


def _defocus(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return _convolved(pixels, disk(level * min(pixels.shape[1:])))


def _motion(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return _convolved(pixels, line(level * min(pixels.shape[1:]), rng.uniform(0, math.pi)))


def _edges(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    sigma = _OF_EDGES * min(pixels.shape[1:])
    return np.asarray(pixels + level * (pixels - ndimage.gaussian_filter(pixels, (0, sigma, sigma), mode="nearest")))


GAUSSIAN = Corruption(
    name="gaussian-blur",
    summary="a coarser detector or a thicker slice; level: standard deviation",
    levels=(0.01, 0.014, 0.018, 0.024, 0.032),
    compute=_gaussian,
)
DEFOCUS = Corruption(
    name="defocus-blur",
    summary="a lens out of focus; level: radius of a point",
    levels=(0.02, 0.026, 0.033, 0.042, 0.053),
    compute=_defocus,
)
MOTION = Corruption(
    name="motion-blur",
    summary="patient or probe moved, in a direction that is drawn; level: how far",
    levels=(0.04, 0.06, 0.08, 0.11, 0.15),
    compute=_motion,
)
EDGES = Corruption(
    name="edge-enhancement",
    summary="sharpened by the maker's processing; level: what is added of the difference to the blurred picture",
    levels=(0.4, 0.8, 1.2, 1.8, 2.6),
    compute=_edges,
)
for _one in (GAUSSIAN, DEFOCUS, MOTION, EDGES):
    CORRUPTIONS.register(_one.name)(_one)
