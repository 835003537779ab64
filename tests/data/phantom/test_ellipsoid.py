"""Path lengths of ellipsoids against closed forms and dense sampling along the ray."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.phantom.ellipsoid import Ellipsoid, clip, path_length, union_length
from medgraft.data.phantom.grid import Grid


def test_a_sphere_has_the_chord_of_the_closed_form() -> None:
    x, z = Grid(64).coordinates()
    length = path_length(Ellipsoid((10, -5, 20), (80, 80, 80)).interval(x, z))
    expected = 2 * np.sqrt(np.maximum(80.0**2 - (x - 10.0) ** 2 - (z - 20.0) ** 2, 0))
    np.testing.assert_allclose(length, expected, atol=0.02)


def test_volume_is_that_of_an_ellipsoid_whatever_the_tilt() -> None:
    grid = Grid(256)
    x, z = grid.coordinates()
    for tilt in (0.0, 30.0):
        length = path_length(Ellipsoid((0, 0, 0), (60, 40, 90), tilt).interval(x, z))
        assert np.isclose(length.sum() * grid.spacing**2, 4 / 3 * np.pi * 60 * 40 * 90, rtol=2e-3)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 30)), min_size=1, max_size=6))
def test_union_counts_overlaps_once(spans: list[tuple[int, int]]) -> None:
    intervals = [(np.full((1, 1), a, np.float32), np.full((1, 1), a + n, np.float32)) for a, n in spans]
    depth = np.arange(-60, 100) + 0.5
    covered = np.any([(depth > a) & (depth < a + n) for a, n in spans], axis=0)
    assert union_length(intervals)[0, 0] == covered.sum()


def test_clip_keeps_what_lies_within() -> None:
    def at(near: float, far: float) -> tuple[np.ndarray, np.ndarray]:
        return np.full((1, 1), near, np.float32), np.full((1, 1), far, np.float32)

    assert path_length(clip(at(0, 10), at(4, 20)))[0, 0] == 6
    assert path_length(clip(at(0, 10), at(12, 20)))[0, 0] == 0


def test_radius_is_one_on_the_surface() -> None:
    body = Ellipsoid((1, 2, 3), (10, 20, 30))
    points = np.asarray([[11, 2, 3], [1, 22, 3], [1, 2, 33], [1, 2, 3]], np.float32)
    np.testing.assert_allclose(body.radius_at(points), [1, 1, 1, 0], atol=1e-6)
    assert body.moved(dx=1, dz=-1).centre == (2, 2, 2)
