"""Nodules: chord, place and size are what was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.data.phantom.anatomy import draw_anatomy
from medgraft.data.phantom.grid import Grid, Pose, draw_pose
from medgraft.data.phantom.nodule import COUNT, RADIUS_MM, Nodule, draw_nodules, project_nodule, silhouette


def test_the_chord_of_a_sphere() -> None:
    grid = Grid(256)
    image = project_nodule(Nodule((0.0, 10.0, 0.0), 15.0, 0.014), grid)
    x, z = grid.coordinates()
    np.testing.assert_allclose(
        image, 0.014 * 2 * np.sqrt(np.maximum(225.0 - x.astype(float) ** 2 - z.astype(float) ** 2, 0)), atol=1e-3
    )
    assert np.isclose(image.sum() * grid.spacing**2, 0.014 * 4 / 3 * np.pi * 15**3, rtol=0.01)


def test_the_silhouette_is_a_disc_of_the_radius_at_the_centre() -> None:
    grid = Grid(256)
    mask = silhouette(Nodule((40.0, 0.0, -30.0), 12.0, 0.014), grid)
    assert np.isclose(mask.sum() * grid.spacing**2, np.pi * 12**2, rtol=0.03)
    rows, columns = np.nonzero(mask)
    assert np.allclose((columns.mean(), rows.mean()), grid.to_pixels(40.0, -30.0), atol=0.3)


def test_magnification_widens_the_nodule_but_keeps_its_contrast() -> None:
    seen = Nodule((10.0, 0.0, 10.0), 10.0, 0.014).posed(Pose(magnification=1.02))
    assert np.isclose(seen.radius, 10.2) and np.isclose(seen.centre[0], 10.2)
    assert np.isclose(seen.attenuation * seen.radius, 0.14)


@pytest.mark.parametrize("seed", range(12))
def test_drawn_nodules_lie_in_a_lung_clear_of_heart_diaphragm_and_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    anatomy = draw_anatomy(rng)
    nodules = draw_nodules(anatomy, rng)
    assert 1 <= len(nodules) <= COUNT[1]
    for index, nodule in enumerate(nodules):
        assert RADIUS_MM[0] <= nodule.radius <= RADIUS_MM[1] and nodule.attenuation > 0.01
        around = np.random.default_rng(0).normal(size=(200, 3))
        surface = np.asarray(nodule.centre) + nodule.radius * around / np.linalg.norm(around, axis=1)[:, None]
        points = surface.astype(np.float32)
        assert min(lung.radius_at(points).max() for lung in anatomy.lungs) < 1
        assert min(organ.radius_at(points).min() for organ in (*anatomy.middle, *anatomy.domes)) > 1
        for other in nodules[:index]:
            assert np.linalg.norm(np.subtract(nodule.centre, other.centre)) > nodule.radius + other.radius
        seen = nodule.posed(draw_pose(rng))
        assert np.hypot(seen.centre[0], seen.centre[2]) < 180
