"""A rendered case: mask, boxes and centres agree with the geometry and with the pixels."""

from __future__ import annotations

import numpy as np

from medgraft.data.phantom.acquisition import sites_for
from medgraft.data.phantom.anatomy import draw_anatomy
from medgraft.data.phantom.grid import Grid, Pose, draw_pose
from medgraft.data.phantom.nodule import Nodule, draw_nodules
from medgraft.data.phantom.radiograph import render

SITE = sites_for(1)[0]


def test_truth_agrees_with_geometry() -> None:
    grid = Grid(256)
    anatomy = draw_anatomy(np.random.default_rng(0))
    nodule = Nodule((-70.0, 20.0, 30.0), 14.0, 0.02)
    seen = render(anatomy, (nodule,), Pose(), SITE, grid, np.random.default_rng(1))
    (x0, y0, x1, y1), (column, row) = seen.boxes[0], seen.centres[0]
    assert np.isclose((x0 + x1 - 1) / 2, column, atol=1) and np.isclose((y0 + y1 - 1) / 2, row, atol=1)
    assert abs((x1 - x0) * grid.spacing - 28) < 2 * grid.spacing
    assert seen.mask[y0:y1, x0:x1].sum() == seen.mask.sum() > 0
    assert seen.mask[y0].any() and seen.mask[y1 - 1].any() and seen.mask[:, x0].any() and seen.mask[:, x1 - 1].any()
    assert seen.spacing == (grid.spacing, grid.spacing)


def test_the_nodule_is_whiter_exactly_where_the_mask_is() -> None:
    grid = Grid(256)
    anatomy = draw_anatomy(np.random.default_rng(0))
    nodule = Nodule((-70.0, 20.0, 30.0), 14.0, 0.02)
    with_it, without = (
        render(anatomy, nodules, Pose(), SITE, grid, np.random.default_rng(1)).pixels.astype(int)
        for nodules in ((nodule,), ())
    )
    mask = render(anatomy, (nodule,), Pose(), SITE, grid, np.random.default_rng(1)).mask
    change = with_it - without
    assert change[mask].mean() > 150 and abs(change[~mask].mean()) < 20


def test_the_same_seeds_are_bit_equal_and_noise_alone_differs() -> None:
    grid = Grid(64)
    rng = np.random.default_rng(2)
    anatomy = draw_anatomy(rng)
    nodules, pose = draw_nodules(anatomy, rng), draw_pose(rng)
    one, again, other = (render(anatomy, nodules, pose, SITE, grid, np.random.default_rng(s)) for s in (5, 5, 6))
    np.testing.assert_array_equal(one.pixels, again.pixels)
    assert (one.pixels != other.pixels).any()
    np.testing.assert_array_equal(one.mask, other.mask)


def test_a_nodule_outside_the_picture_has_an_empty_box() -> None:
    anatomy = draw_anatomy(np.random.default_rng(0))
    far = render(anatomy, (Nodule((900.0, 0.0, 0.0), 9.0, 0.02),), Pose(), SITE, Grid(64), np.random.default_rng(0))
    assert far.boxes == ((0, 0, 0, 0),) and not far.mask.any()
