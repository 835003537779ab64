"""Projected tubes against the chord of a cylinder."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.data.phantom.grid import Grid
from medgraft.data.phantom.tube import Tubes, project_tubes


def _line(heading: tuple[float, float, float], step: float = 0.25) -> Tubes:
    unit = np.asarray(heading) / np.linalg.norm(heading)
    along = np.arange(-300, 300, step)
    return Tubes("line", 12.0, 0.01, (along[:, None] * unit).astype(np.float32), np.full(len(along), step, np.float32))


@pytest.mark.parametrize("heading", [(1, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 0)])
def test_a_straight_tube_has_the_chord_of_a_cylinder(heading: tuple[float, float, float]) -> None:
    grid = Grid(256)
    image = project_tubes([_line(heading)], grid)
    x, z = grid.coordinates()
    across = np.hypot(heading[0], heading[2])
    distance = np.abs(x * heading[2] - z * heading[0]) / across
    sine = across / np.linalg.norm(heading)
    expected = 0.01 * 2 * np.sqrt(np.maximum(12.0**2 - distance**2, 0)) / sine
    inner = (distance < 9) & (np.abs(x) < 100) & (np.abs(z) < 100)
    np.testing.assert_allclose(image[inner], expected[inner], rtol=0.03)


def test_the_volume_is_kept_when_the_tube_runs_along_the_ray() -> None:
    grid = Grid(128)
    points = np.stack([np.zeros(100), np.arange(100.0), np.zeros(100)], axis=1).astype(np.float32)
    image = project_tubes([Tubes("end on", 8.0, 0.02, points, np.ones(100, np.float32))], grid)
    assert np.isclose(image.sum() * grid.spacing**2, 0.02 * np.pi * 8**2 * 100, rtol=1e-3)
    assert np.isclose(image.max(), 0.02 * 100, rtol=0.02)


def test_magnification_widens_a_tube_but_not_its_chord() -> None:
    grid = Grid(256)
    line = _line((1, 0, 0))
    apart = Tubes(line.name, line.radius, line.attenuation, line.points * np.float32(1.02), line.arc)
    plain, wide = project_tubes([line], grid), project_tubes([apart], grid, magnification=1.02)
    assert np.isclose(plain.max(), wide.max(), rtol=0.02)
    assert np.isclose(wide[:, 128].sum() / plain[:, 128].sum(), 1.02, rtol=0.003)


def test_what_lies_outside_the_detector_does_not_come_back_at_the_other_side() -> None:
    points = np.asarray([[-400, 0, 0], [0, 0, 400]], np.float32)
    image = project_tubes([Tubes("outside", 5.0, 1.0, points, np.ones(2, np.float32))], Grid(64))
    assert np.abs(image).max() < 1e-5
