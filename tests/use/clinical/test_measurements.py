"""Balls and boxes of known size, on turned and uneven grids."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.use.clinical.measurements import measure_structures, slice_axis

SPACING = (2.0, 0.8, 0.5)
SHAPE = (24, 50, 80)
CENTRE = (22.0, 20.0, 18.0)


@pytest.mark.parametrize("radius", [8.0, 13.0])
def test_a_ball(ball, oblique, radius):
    affine = oblique(SPACING)
    labels = ball(SHAPE, SPACING, CENTRE, radius).astype(np.uint8) * 2
    (row,) = measure_structures(labels, {2: "tumour"}, SPACING, affine)
    assert (row["id"], row["label"], row["part"], row["parts"]) == (2, "tumour", None, 1)
    assert row["volume_ml"] == pytest.approx(4 / 3 * math.pi * radius**3 / 1000, rel=0.02)
    assert row["volume_ml"] == pytest.approx(row["voxels"] * math.prod(SPACING) / 1000)
    assert row["diameter_mm"] == pytest.approx(2 * radius, abs=0.81)
    assert row["diameter_3d_mm"] == pytest.approx(2 * radius, abs=2.0)
    middle = affine[:3, :3] @ (np.array(CENTRE) / SPACING) + affine[:3, 3]
    assert row["centroid"] == pytest.approx(middle, abs=0.05)
    assert row["centroid_in"] == "patient"


def test_a_standing_ellipsoid_is_longer_through_slices(ball):
    labels = ball((30, 50, 50), (2.0, 0.8, 0.8), (29.0, 20.0, 20.0), (25.0, 10.0, 6.0)).astype(np.uint8)
    (row,) = measure_structures(labels, {1: "a"}, (2.0, 0.8, 0.8))
    assert row["diameter_mm"] == pytest.approx(20.0, abs=0.9)
    assert row["diameter_3d_mm"] == pytest.approx(50.0, abs=2.1)


def test_slices_are_found_whatever_the_order_of_axes(ball, oblique):
    """The file has columns first, as NIfTI does: the diameter within a slice is the same."""
    spacing = (3.0, 1.0, 1.0)
    affine = oblique(spacing, angle=0.1)
    labels = ball((20, 40, 40), spacing, (28.0, 20.0, 20.0), (25.0, 12.0, 6.0)).astype(np.uint8)
    expected = measure_structures(labels, {1: "a"}, spacing, affine)[0]
    assert expected["diameter_mm"] == pytest.approx(24.0, abs=1.1)
    for order in ((2, 1, 0), (1, 2, 0), (1, 0, 2)):
        turned = np.transpose(labels, order)
        assert slice_axis(affine[:, [*order, 3]]) == order.index(0)
        (row,) = measure_structures(turned, {1: "a"}, [spacing[axis] for axis in order], affine[:, [*order, 3]])
        assert row.pop("centroid") == pytest.approx(expected["centroid"], abs=1e-3)
        assert row == pytest.approx({key: value for key, value in expected.items() if key != "centroid"})


def test_parts_are_the_largest_first(ball):
    labels = np.zeros(SHAPE, np.uint8)
    for centre, radius in (((10.0, 8.0, 8.0), 4.0), ((30.0, 28.0, 28.0), 7.0)):
        labels[ball(SHAPE, SPACING, centre, radius)] = 1
    labels[0, 0, 0] = 2
    whole = measure_structures(labels, {1: "a", 2: "b"}, SPACING)
    rows = measure_structures(labels, {1: "a", 2: "b"}, SPACING, parts=True)
    assert [row["parts"] for row in whole] == [2, 1]
    assert [(row["label"], row["part"]) for row in rows] == [("a", 1), ("a", 2), ("b", 1)]
    assert rows[0]["diameter_mm"] == pytest.approx(14.0, abs=0.8)
    assert rows[0]["centroid"] == pytest.approx([30.0, 28.0, 28.0], abs=0.05)
    assert rows[1]["centroid"] == pytest.approx([10.0, 8.0, 8.0], abs=0.05)
    assert rows[0]["volume_ml"] + rows[1]["volume_ml"] == pytest.approx(whole[0]["volume_ml"])
    assert rows[2]["centroid"] == [0.0, 0.0, 0.0]


def test_a_flat_picture(ball):
    labels = ball((60, 80), (0.5, 0.25), (15.0, 10.0), 6.0).astype(np.uint8)
    (row,) = measure_structures(labels, {1: "a"}, (0.5, 0.25))
    assert row["area_mm2"] == pytest.approx(math.pi * 36, rel=0.02)
    assert row["diameter_mm"] == pytest.approx(12.0, abs=0.5)
    assert row["volume_ml"] is None and row["diameter_3d_mm"] is None
    assert row["centroid"] == pytest.approx([15.0, 10.0], abs=0.05)
    assert row["centroid_in"] == "grid"


def test_nothing_in_mm_without_spacing():
    labels = np.zeros((4, 5), np.uint8)
    labels[1:3, 2:4] = 1
    (row,) = measure_structures(labels, {1: "a"}, None)
    assert (row["voxels"], row["area_mm2"], row["diameter_mm"], row["volume_ml"]) == (4, None, None, None)
    assert (row["centroid"], row["centroid_in"]) == ([1.5, 2.5], "voxels")


def test_an_absent_structure_has_a_row():
    (row,) = measure_structures(np.zeros((4, 5, 6), np.uint8), {3: "a"}, (1.0, 1.0, 1.0))
    assert (row["voxels"], row["parts"], row["volume_ml"], row["diameter_mm"], row["centroid"]) == (0, 0, 0, 0, None)
    assert measure_structures(np.zeros((4, 5, 6), np.uint8), {3: "a"}, (1.0, 1.0, 1.0), parts=True) == []


def test_what_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="uint8"):
        measure_structures(np.zeros((4, 5)), {1: "a"}, None)
    with pytest.raises(UsageError, match="for 3 axes"):
        measure_structures(np.zeros((4, 5, 6), np.uint8), {1: "a"}, (1.0, 1.0))
