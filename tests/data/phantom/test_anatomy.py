"""A patient: what rays meet, and what stays the same between pictures."""

from __future__ import annotations

import numpy as np

from medgraft.data.phantom.anatomy import Anatomy, draw_anatomy, project
from medgraft.data.phantom.ellipsoid import Ellipsoid, path_length
from medgraft.data.phantom.grid import Grid, Pose
from medgraft.data.phantom.tissue import LUNG, SOFT
from medgraft.data.phantom.tube import Tubes

NOWHERE = Ellipsoid((1e4, 0, 1e4), (1, 1, 1))
NO_TUBE = Tubes("none", 5.0, 0.0, np.zeros((1, 3), np.float32), np.zeros(1, np.float32))


def _simple(lung: Ellipsoid, heart: Ellipsoid) -> Anatomy:
    body = Ellipsoid((0, 0, 0), (160, 110, 170))
    return Anatomy((body,), (lung, NOWHERE), (heart,), (NOWHERE, NOWHERE), NOWHERE, (NO_TUBE,))


def test_line_integral_is_the_sum_over_tissues() -> None:
    grid = Grid(64)
    x, z = grid.coordinates()
    lung = Ellipsoid((-60, 0, 0), (50, 80, 120))
    anatomy = _simple(lung, NOWHERE)
    body = path_length(anatomy.body[0].interval(x, z))
    air = path_length(lung.interval(x, z))
    np.testing.assert_allclose(project(anatomy, Pose(), grid), SOFT * (body - air) + LUNG * air, atol=1e-4)


def test_a_heart_inside_the_lung_displaces_air_once() -> None:
    grid = Grid(64)
    x, z = grid.coordinates()
    lung, heart = Ellipsoid((-60, 0, 0), (50, 80, 120)), Ellipsoid((-60, 0, 0), (20, 20, 20))
    without, with_heart = (project(_simple(lung, part), Pose(), grid) for part in (NOWHERE, heart))
    expected = (SOFT - LUNG) * path_length(heart.interval(x, z))
    np.testing.assert_allclose(with_heart - without, expected, atol=1e-4)


def test_the_same_generator_draws_the_same_patient_and_another_one_another() -> None:
    grid = Grid(32)
    first, again, other = (project(draw_anatomy(np.random.default_rng(seed)), Pose(), grid) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.05


def test_pictures_of_one_patient_differ_less_than_two_patients() -> None:
    grid = Grid(64)
    rng = np.random.default_rng(3)
    one, two = draw_anatomy(rng), draw_anatomy(rng)
    upright, moved = project(one, Pose(), grid), project(one, Pose(shift_x=2, angle=0.5, breath=2), grid)
    assert np.abs(upright - moved).mean() < np.abs(upright - project(two, Pose(), grid)).mean()


def test_a_whole_pixel_shift_shifts_the_picture() -> None:
    grid = Grid(64)
    anatomy = draw_anatomy(np.random.default_rng(4))
    upright, shifted = project(anatomy, Pose(), grid), project(anatomy, Pose(shift_x=2 * grid.spacing), grid)
    np.testing.assert_allclose(shifted[:, 2:], upright[:, :-2], atol=2e-3)


def test_a_breath_lowers_the_diaphragm_and_aerates() -> None:
    grid = Grid(64)
    anatomy = draw_anatomy(np.random.default_rng(5))
    assert project(anatomy, Pose(breath=8), grid).sum() < project(anatomy, Pose(), grid).sum()


def test_line_integrals_are_those_of_a_chest() -> None:
    grid = Grid(64)
    exponent = project(draw_anatomy(np.random.default_rng(6)), Pose(), grid)
    assert exponent.min() >= 0 and exponent.dtype == np.float32
    lung, middle = exponent[26:34, 14:20].mean(), exponent[26:34, 31:33].mean()
    assert 1.0 < lung < 3.0 < middle < 6.5
