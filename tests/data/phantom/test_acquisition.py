"""Detectors: Beer-Lambert, quantum noise, blur and what sites declare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medgraft.data.phantom.acquisition import WHITE, Site, expose, sites_for
from medgraft.data.phantom.grid import Grid

GRID = Grid(128)
PLAIN = Site("synthetic-plain", 1e5, 0.01, 0.0, 0.0, 1.0, 1.0, (0.0, 4.0), 1.0, "MONOCHROME2")


def _flat(value: float) -> np.ndarray:
    return np.full((128, 128), value, np.float32)


class _FixedExposure:
    """A generator whose exposure jitter is exactly one."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def uniform(self, low: float, high: float) -> float:
        return 1.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._rng, name)


def test_the_plain_detector_gives_the_line_integral_back() -> None:
    for exponent in (0.5, 1.0, 2.0, 3.0):
        pixels = expose(_flat(exponent), PLAIN, GRID, np.random.default_rng(0))
        assert np.isclose(pixels.mean() / WHITE * 4, exponent, atol=0.002)


def test_noise_is_poisson() -> None:
    site = replace(PLAIN, quanta=5000.0)
    pixels = expose(_flat(1.0), site, GRID, _FixedExposure(1))  # type: ignore[arg-type]
    expected = 1 / np.sqrt(5000 * GRID.spacing**2 * np.exp(-1.0))
    assert np.isclose(pixels.std() / WHITE * 4, expected, rtol=0.05)


def test_blur_widens_an_edge_by_sigma() -> None:
    edge = _flat(0.0)
    edge[:, 64:] = np.log(2)
    site = replace(PLAIN, quanta=1e7, blur=3 * GRID.spacing)
    shown = expose(edge, site, GRID, np.random.default_rng(0)).astype(float) / WHITE * 4
    slope = -np.diff(np.exp(-shown).mean(axis=0))
    places = np.arange(127) - 63
    assert np.isclose(np.sqrt((slope * places**2).sum() / slope.sum()), 3, rtol=0.06)


def test_scatter_lowers_the_contrast_of_small_things() -> None:
    spot = _flat(1.0)
    spot[60:66, 60:66] = 2.0
    spans = []
    for scatter in (0.0, 1.0):
        shown = expose(spot, replace(PLAIN, scatter=scatter), GRID, np.random.default_rng(0)).astype(float)
        spans.append((shown[62:64, 62:64].mean() - shown[:20].mean()) / WHITE * 4)
    primary, scattered = np.exp(-2.0), np.exp(-1.0)
    assert np.isclose(spans[0], 1.0, atol=0.01)
    assert np.isclose(spans[1], np.log(2 * scattered / (primary + scattered)), rtol=0.1)


def test_twelve_bits_are_never_left() -> None:
    ramp = np.linspace(0, 12, 128 * 128, dtype=np.float32).reshape(128, 128)
    for site in sites_for(5):
        pixels = expose(ramp, site, GRID, np.random.default_rng(0))
        assert pixels.dtype == np.uint16 and pixels.max() <= WHITE and pixels.min() == 0


def test_sites_differ_as_declared_and_never_change() -> None:
    first, second, *rest = sites_for(6)
    assert (first.photometric, second.photometric) == ("MONOCHROME2", "MONOCHROME1")
    assert second.quanta < first.quanta and second.blur > first.blur and second.gamma != first.gamma
    assert sites_for(2) == (first, second) and sites_for(6)[2:] == tuple(rest)
    assert len({site.name for site in sites_for(30)}) == 30
    assert all(site.name.startswith("synthetic-") for site in sites_for(30))
    noise = []
    for site in (first, second):
        pixels = expose(_flat(1.8), site, GRID, np.random.default_rng(0)).astype(float)
        noise.append((pixels - pixels.mean()).std())
    assert noise[1] > 1.2 * noise[0]
