"""Blur: what a point becomes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.transfer.robustness.corruptions.blur import DEFOCUS, EDGES, GAUSSIAN, MOTION, disk, line


@pytest.mark.parametrize("radius", [0.6, 1.0, 2.3, 7.0])
def test_a_disk_has_its_area_and_is_even_inside(radius):
    kernel = disk(radius)
    middle = len(kernel) // 2
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel.T)
    np.testing.assert_allclose(kernel, kernel[::-1])
    assert 1 / kernel[middle, middle] == pytest.approx(math.pi * radius**2, rel=0.25 if radius < 2 else 0.05)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, 2.5])
@pytest.mark.parametrize("length", [1.0, 5.0, 12.5])
def test_a_line_has_its_length_and_direction(length, angle):
    kernel = line(length, angle)
    reach = len(kernel) // 2
    place = np.arange(-reach, reach + 1)
    assert kernel.sum() == pytest.approx(1)
    rows, columns = (kernel.sum(axis=1) * place).sum(), (kernel.sum(axis=0) * place).sum()
    assert abs(rows) < 1e-9 and abs(columns) < 1e-9
    along = place[:, None] * math.sin(angle) + place * math.cos(angle)
    across = place[:, None] * math.cos(angle) - place * math.sin(angle)
    # Variance of an even line, and of the spreading over neighbouring pixels, at most a quarter a direction and axis.
    assert length**2 / 12 * 0.98 <= (kernel * along**2).sum() <= length**2 / 12 * 1.3 + 0.5
    assert (kernel * across**2).sum() <= 0.5


@pytest.mark.parametrize("member", [GAUSSIAN, DEFOCUS, MOTION], ids=lambda one: one.name)
def test_what_is_even_stays_even_and_nothing_is_lost(member):
    even = np.full((1, 32, 32), 0.3, np.float32)
    np.testing.assert_allclose(member(even, 5, np.random.default_rng(0)), even, atol=1e-6)
    point = np.zeros((1, 64, 64), np.float32)
    point[0, 32, 32] = 1
    assert member(point, 5, np.random.default_rng(0)).sum() == pytest.approx(1, abs=1e-3)


def test_a_severity_is_the_same_at_any_resolution():
    """The deviation of a blurred point grows with the side."""

    def spread(side):
        point = np.zeros((1, side, side), np.float32)
        point[0, side // 2, side // 2] = 1
        found = GAUSSIAN(point, 5, np.random.default_rng(0))[0].sum(axis=0)
        return math.sqrt(float((found * (np.arange(side) - side // 2) ** 2).sum() / found.sum()))

    assert spread(200) / spread(100) == pytest.approx(2, rel=0.03)


def test_edges_are_enhanced_and_what_is_even_stays():
    even = np.full((1, 32, 32), 0.3, np.float32)
    np.testing.assert_allclose(EDGES(even, 5, np.random.default_rng(0)), even, atol=1e-6)
    step = np.where(np.arange(64) < 32, 0.4, 0.6)[None, None].repeat(64, axis=1).astype(np.float32)
    found = EDGES(step, 3, np.random.default_rng(0))[0, 32]
    assert found.max() > 0.65 and found.min() < 0.35  # it overshoots on both sides
    np.testing.assert_allclose(found[[0, -1]], [0.4, 0.6], atol=1e-3)
