"""Ribs run around the chest and both sides mirror each other."""

from __future__ import annotations

import numpy as np

from medgraft.data.phantom.bones import draw_bones, rib_curve


def test_a_rib_runs_from_the_spine_around_the_side_to_the_front() -> None:
    rib = rib_curve(1.0, 0.0, 80.0, 140.0)
    assert rib[0, 1] > 60 and rib[-1, 1] < -60
    assert abs(rib[0, 0]) < 25 and rib[:, 0].max() > 120
    assert rib[-1, 2] > rib[0, 2] + 30


def test_the_other_side_is_the_mirror_image() -> None:
    left, right = rib_curve(-1.0, 0.0, 80.0, 140.0), rib_curve(1.0, 0.0, 80.0, 140.0)
    np.testing.assert_allclose(left[:, 0], -right[:, 0])
    np.testing.assert_array_equal(left[:, 1:], right[:, 1:])


def test_the_arc_is_the_length_of_the_curves() -> None:
    ribs, marrow, spine = draw_bones(np.random.default_rng(0))
    assert ribs.radius > marrow.radius and marrow.attenuation < 0 < ribs.attenuation
    assert ribs.points.shape == (len(ribs.arc), 3)
    assert 20 * 200 < ribs.arc.sum() < 22 * 400
    assert spine.arc.sum() > 300
