"""Stacks with known faults: each is found, none is found where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.imaging.dicom.geometry import Plane, plane_of, stacked
from medgraft.data.imaging.dicom.tags import FrameTags
from medgraft.data.phantom.twins.encoding import described


def planes(count: int = 8, step: float = 2.0, lean: float = 0.0) -> list[Plane]:
    return [Plane((5.0, 7.0 + lean * place, step * place), (1, 0, 0), (0, 1, 0), (0.5, 0.25)) for place in range(count)]


def test_a_good_stack_says_nothing() -> None:
    stack = stacked(planes()[::-1])
    assert stack.findings == ()
    assert stack.order == tuple(range(7, -1, -1))
    wanted = [[0, 0, -0.25, -5], [0, -0.5, 0, -7], [2, 0, 0, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(stack.affine, wanted, atol=1e-12)


@given(st.permutations(range(9)), st.floats(0, 3), st.floats(0, 3))
@settings(deadline=None, max_examples=30)
def test_the_order_of_files_does_not_matter_and_oblique_stays(order: list[int], one: float, other: float) -> None:
    turn = np.array([[np.cos(one), -np.sin(one), 0], [np.sin(one), np.cos(one), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, np.cos(other), -np.sin(other)], [0, np.sin(other), np.cos(other)]])
    row, column, normal = (turn @ tilt).T
    made = [Plane(tuple(3 * place * normal), tuple(row), tuple(column), (1.0, 1.0)) for place in range(9)]
    stack = stacked([made[place] for place in order])
    assert [order[place] for place in stack.order] == list(range(9))
    assert stack.findings == ()
    np.testing.assert_allclose(np.linalg.norm(stack.affine[:3, :3], axis=0), [3, 1, 1])


@pytest.mark.parametrize("gone", [[3], [2, 5], [3, 4]])
def test_missing_slices(gone: list[int]) -> None:
    stack = stacked([plane for place, plane in enumerate(planes()) if place not in gone])
    assert stack.findings == (f"{len(gone)} slices are missing (places where 2 mm steps would put one)",)
    assert stack.affine is None


def test_a_slice_twice() -> None:
    made = planes()
    stack = stacked([*made, made[4]])
    assert stack.findings == ("1 slices lie where another one lies; the first of each place is used",)
    assert len(stack.order) == 8
    assert stack.affine is not None


def test_uneven_and_overlapping() -> None:
    made = [replace(plane, position=(5.0, 7.0, 2.0 * place**1.1)) for place, plane in enumerate(planes())]
    assert any("uneven" in text for text in stacked(made).findings)
    thick = [replace(plane, thickness=3.0) for plane in planes()]
    assert stacked(thick).findings == ("slices overlap: 3 mm thick, 2 mm apart",)
    assert stacked([replace(plane, thickness=2.0) for plane in planes()]).findings == ()


def test_a_gantry_tilt() -> None:
    (text,) = stacked(planes(lean=0.5)).findings
    assert "leans by 14.0 degrees" in text


def test_one_slice_has_its_thickness() -> None:
    assert stacked(planes(1)).affine is None
    alone = stacked([replace(planes(1)[0], thickness=4.0)])
    np.testing.assert_allclose(alone.affine[:3, 0], [0, 0, 4])


@pytest.mark.parametrize("gone", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_a_plane_needs_all_its_parts(gone: str) -> None:
    tags = {
        "ImagePositionPatient": [1, 2, 3],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.25],
        "SliceThickness": 4,
    }
    plane = plane_of(FrameTags(described(**tags), 0))
    assert plane == Plane((1, 2, 3), (1, 0, 0), (0, 1, 0), (0.5, 0.25), 4)
    del tags[gone]
    assert plane_of(FrameTags(described(**tags), 0)) is None


@pytest.mark.parametrize("directions", [[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0]])
def test_directions_that_are_none(directions: list[int]) -> None:
    tags = {"ImagePositionPatient": [1, 2, 3], "ImageOrientationPatient": directions, "PixelSpacing": [1, 1]}
    assert plane_of(FrameTags(described(**tags), 0)) is None
