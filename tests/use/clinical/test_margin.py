"""Margins against balls of known size and a search over all voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from medgraft.errors import DataError, UsageError
from medgraft.use.clinical.margin import along_axes, reaches_edge, with_margin

SPACING = (2.0, 1.0, 0.7)
SHAPE = (26, 50, 72)
CENTRE = (25.0, 25.0, 25.0)


@pytest.mark.parametrize(("radius", "margin"), [(8.0, 5.0), (6.0, 11.5), (14.0, -5.0), (15.0, -9.0)])
def test_a_ball_grows_and_shrinks_to_a_ball(ball, radius, margin):
    changed = with_margin(ball(SHAPE, SPACING, CENTRE, radius), SPACING, margin)
    voxel = float(np.linalg.norm(SPACING))
    assert (changed >= ball(SHAPE, SPACING, CENTRE, radius + margin - voxel)).all()
    assert (changed <= ball(SHAPE, SPACING, CENTRE, radius + margin + voxel)).all()


def searched(mask: np.ndarray, spacing, margins) -> np.ndarray:
    """Every voxel's centre against every centre, and centre of a face, of the mask."""
    every = np.argwhere(np.ones(mask.shape, bool)).astype(float)
    half = 0.5 * np.concatenate([np.zeros((1, mask.ndim)), np.eye(mask.ndim), -np.eye(mask.ndim)])
    points = (np.argwhere(mask)[:, None] + half).reshape(-1, mask.ndim)
    gaps = np.linalg.norm((every[:, None] - points[None]) * spacing / margins, axis=2)
    return (gaps <= 1 + 1e-6).any(axis=1).reshape(mask.shape)


@pytest.mark.parametrize(
    ("spacing", "shape"), [(SPACING, SHAPE), ((3.0, 1.0, 1.0), (18, 50, 50)), ((1.0,) * 3, (50,) * 3)]
)
def test_the_size_is_right_on_average(ball, spacing, shape):
    """Over balls that lie anyhow between the voxels; a margin does not fall short."""
    rng = np.random.default_rng(0)
    for radius, margin, low, high in ((9.0, 6.0, 1.0, 1.08), (15.0, -6.0, 0.82, 1.0)):
        balls = [ball(shape, spacing, 25.0 + rng.uniform(-1, 1, 3), radius) for _ in range(6)]
        changed = np.mean([with_margin(one, spacing, margin).sum() for one in balls]) * np.prod(spacing)
        assert low < changed / (4 / 3 * np.pi * (radius + margin) ** 3) < high


def test_slabs_grow_by_the_nearest_number_of_voxels():
    mask = np.zeros((27, 3, 3), bool)
    mask[11:16] = True
    for margin, more in ((3.0, 1), (5.0, 2), (1.4, 0), (1.5, 1), (6.0, 2), (7.4, 2), (7.5, 3)):
        grown = with_margin(mask, (3.0, 50.0, 50.0), margin)
        assert (grown.any(axis=(1, 2)) == searched(mask, (3.0, 50.0, 50.0), (margin,) * 3).any(axis=(1, 2))).all()
        assert grown[:, 1, 1].sum() == 5 + 2 * more, margin


def test_an_axis_without_margin_does_not_grow():
    mask = np.zeros((7, 9, 9), bool)
    mask[3, 4, 4] = True
    grown = with_margin(mask, (1.0, 1.0, 1.0), (0.0, 2.0, 1.0))
    assert not grown[[0, 1, 2, 4, 5, 6]].any()
    assert (
        with_margin(mask, (1.0, 1.0, 1.0), (1.6, 3.0, 2.2)) == searched(mask, (1.0, 1.0, 1.0), (1.6, 3.0, 2.2))
    ).all()
    assert grown[3, :, 4].tolist() == [False, False, True, True, True, True, True, False, False]
    assert grown[3, 4].tolist() == [False] * 3 + [True] * 3 + [False] * 3


masks = arrays.arrays(bool, (3, 5, 6), elements=st.booleans())


@settings(max_examples=15, deadline=None)
@given(masks, st.floats(0.3, 4.0), st.sampled_from([(1.0, 1.0, 1.0), (2.5, 0.7, 1.0)]))
def test_against_a_search_over_all_voxels(mask, margin, spacing):
    assert (with_margin(mask, spacing, margin) == searched(mask, spacing, (margin,) * 3)).all()
    outside = np.pad(~mask, 1, constant_values=True)
    expected = ~searched(outside, spacing, (margin,) * 3)[1:-1, 1:-1, 1:-1]
    assert (with_margin(mask, spacing, -margin) == expected).all()


def test_shrinking_counts_the_edge_of_the_picture_as_outside():
    mask = np.ones((9, 9), bool)
    shrunk = with_margin(mask, (1.0, 1.0), -2.0)
    assert shrunk[2:-2, 2:-2].all() and shrunk.sum() == 25


def test_shrinking_is_growing_the_outside(ball):
    mask = ball((20, 30, 30), SPACING, (19.0, 14.0, 10.0), 8.0)
    assert (with_margin(mask, SPACING, -3.0) == ~with_margin(~mask, SPACING, 3.0)).all()


def test_no_margin_and_no_mask_change_nothing(ball):
    mask = ball((20, 30, 30), SPACING, (19.0, 14.0, 10.0), 8.0)
    assert (with_margin(mask, SPACING, 0.0) == mask).all()
    assert not with_margin(np.zeros((3, 4), bool), (1.0, 1.0), 5.0).any()


def test_a_cut_off_structure_is_noticed(ball):
    mask = ball((20, 30, 30), SPACING, (19.0, 14.0, 10.0), 8.0)
    assert not reaches_edge(mask)
    assert reaches_edge(with_margin(mask, SPACING, 12.0))
    flat = np.zeros((1, 5, 5), bool)
    flat[0, 2, 2] = True
    assert not reaches_edge(flat)


@pytest.mark.parametrize(
    ("mask", "spacing", "margin", "said"),
    [
        (np.zeros((3, 4)), (1.0, 1.0), 1.0, "bool"),
        (np.ones((3, 4), bool), (1.0,), 1.0, "an axis"),
        (np.ones((3, 4), bool), (1.0, 0.0), 1.0, "positive"),
        (np.ones((3, 4), bool), (1.0, 1.0), (1.0, 2.0, 3.0), "2 axes"),
        (np.ones((3, 4), bool), (1.0, 1.0), float("nan"), "in mm"),
        (np.ones((3, 4), bool), (1.0, 1.0), (1.0, -1.0), "not both"),
    ],
)
def test_what_does_not_fit_is_refused(mask, spacing, margin, said):
    with pytest.raises(UsageError, match=said):
        with_margin(mask, spacing, margin)


def test_margins_of_the_patient_go_to_the_nearest_axes(oblique):
    """Slices head to foot, rows front to back, columns left to right, turned by 17 degrees; and in another order."""
    affine = oblique((3.0, 1.0, 0.5), angle=0.3)
    assert along_axes((1.0, 2.0, 4.0), affine, 3) == (4.0, 2.0, 1.0)
    assert along_axes((1.0, 2.0, 4.0), affine[:, [2, 0, 1, 3]], 3) == (1.0, 4.0, 2.0)
    assert along_axes((5.0,), affine, 3) == (5.0, 5.0, 5.0)
    assert along_axes((5.0,), None, 2) == (5.0, 5.0)


def test_margins_that_cannot_be_placed_are_refused(oblique):
    for wrong in (((1.0, 2.0, 3.0), None, 3), ((1.0, 2.0), oblique(), 3), ((1.0, 2.0, 3.0), None, 2)):
        with pytest.raises(UsageError, match="head"):
            along_axes(*wrong)
    leaning = oblique()
    leaning[:3, 0] += 0.2 * leaning[:3, 1]
    with pytest.raises(DataError, match="right angles"):
        along_axes((5.0,), leaning, 3)


@pytest.mark.parametrize(("slices", "kept"), [(1.0, 0.93), (2.0, 0.88), (3.0, 0.85), (5.0, 0.72)])
def test_thick_slices_lose_as_much_as_is_told(ball, slices, kept):
    """A ball of 15 mm shrunk by 5 mm, against the ball of 10 mm."""
    spacing, shape, rng = (slices, 1.0, 1.0), (int(60 / slices) + 1, 61, 61), np.random.default_rng(0)
    found = [
        with_margin(ball(shape, spacing, 30 + rng.uniform(-1, 1, 3) * (slices / 2, 0.5, 0.5), 15.0), spacing, -5.0)
        for _ in range(8)
    ]
    share = np.mean([one.sum() for one in found]) * slices / (4 / 3 * np.pi * 10.0**3)
    assert share == pytest.approx(kept, abs=0.02)


@pytest.mark.parametrize(("margin", "taken"), [(2.0, 0), (3.0, 1), (7.0, 1), (8.0, 2)])
def test_across_slices_a_margin_takes_whole_ones(margin, taken):
    mask = np.zeros((15, 3, 3), bool)
    mask[4:11] = True
    kept = with_margin(np.pad(mask, ((0, 0), (40, 40), (40, 40)), mode="edge"), (5.0, 1.0, 1.0), -margin)
    assert kept[:, 41, 41].sum() == 7 - 2 * taken
