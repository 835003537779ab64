"""Sifting: what is used, what is left out, what sets the case aside; nothing with a fault passes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medgraft.data.outlines.boxes import Box, Boxes, box_fault, sift
from medgraft.errors import DataError

SIZE = (100, 200)
GOOD = Box("cell", 1, 2, 30, 40)


def test_what_boxes_say() -> None:
    boxes = Boxes((GOOD, Box("platelet", 0, 0, 200, 100), Box("cell", 5.5, 6, 7, 8)), SIZE)
    assert len(boxes) == 3
    assert boxes.labels == ("cell", "platelet", "cell")
    assert boxes.corners.tolist() == [[1, 2, 30, 40], [0, 0, 200, 100], [5.5, 6, 7, 8]]
    found = boxes.by_label()
    assert list(found) == ["cell", "platelet"]
    assert found["cell"].tolist() == [[1, 2, 30, 40], [5.5, 6, 7, 8]]


def test_no_boxes_are_an_empty_picture() -> None:
    empty = sift([], SIZE).boxes
    assert (len(empty), empty.labels, empty.by_label(), empty.size) == (0, (), {}, SIZE)
    assert empty.corners.shape == (0, 4)
    assert empty.corners.dtype == np.float64


GRAVE = {
    "beyond the right edge": (Box("cell", 150, 0, 202, 10), r"reaches beyond its picture of 200 × 100 pixels \(150 0"),
    "beyond the bottom": (Box("cell", 0, 50, 10, 101.5), "reaches beyond its picture"),
    "beyond the left": (Box("cell", -2, 0, 10, 10), "reaches beyond its picture"),
    "of another picture": (Box("cell", 500, 500, 600, 600), "reaches beyond its picture"),
    "turned round in x": (Box("cell", 30, 2, 1, 40), r"is turned round \(30 2 1 40\): x0 <= x1"),
    "turned round in y": (Box("cell", 1, 40, 30, 2), "is turned round"),
    "not a number": (Box("cell", 1, math.nan, 30, 40), "has a corner that is no number"),
    "endless": (Box("cell", 1, 2, math.inf, 40), "has a corner that is no number"),
    "without a label": (Box("  ", 1, 2, 30, 40), "has no label"),
}


@pytest.mark.parametrize(("box", "words"), GRAVE.values(), ids=GRAVE)
def test_a_grave_fault_sets_the_case_aside(box: Box, words: str) -> None:
    found = sift([GOOD, box, GOOD], SIZE)
    assert found.problem is not None
    assert found.problem.startswith("its box 2 ")
    assert found.problem.endswith("; correct the annotation")
    assert len(found.boxes) == 0
    with pytest.raises(DataError, match=words):
        Boxes((GOOD, box), SIZE)
    with pytest.raises(DataError, match="box 2 of 2"):
        Boxes((GOOD, box), SIZE)


@pytest.mark.parametrize("flat", [Box("cell", 5, 2, 5, 40), Box("cell", 5, 2, 9, 2), Box("cell", 5, 5, 5, 5)])
def test_a_box_without_area_is_left_out_and_named(flat: Box) -> None:
    found = sift([GOOD, flat], SIZE)
    assert found.problem is None
    assert found.boxes.rows == (GOOD,)
    (reason,) = found.left_out
    assert reason.startswith("box 2 (cell) has no area (5 ")
    with pytest.raises(DataError, match="has no area"):
        Boxes((flat,))


def test_a_pixel_beyond_the_edge_is_rounding() -> None:
    found = sift([Box("cell", -1, -0.5, 200.5, 101)], SIZE)
    assert found.boxes.rows == (Box("cell", 0, 0, 200, 100),)
    assert sift([Box("cell", -1.01, 0, 5, 5)], SIZE).problem
    assert sift([Box("cell", 200, 0, 201, 5)], SIZE).left_out, "nothing is left of it"
    assert sift([Box("cell", 200.4, 0, 200.8, 5)], SIZE).left_out, "wholly in the rounding, not turned round"


def test_without_a_size_only_the_first_edges_are_known() -> None:
    far = Box("cell", 1e6, 1e6, 2e6, 2e6)
    assert sift([far]).boxes.rows == (far,)
    assert "reaches beyond its picture (-20 " in (sift([Box("cell", -20, 0, 5, 5)]).problem or "")


corner = st.one_of(st.floats(-3, 205), st.floats(allow_nan=True, allow_infinity=True))
anything = st.builds(Box, st.sampled_from(["cell", "", " "]), corner, corner, corner, corner)


@given(rows=st.lists(anything, max_size=5), size=st.sampled_from([SIZE, None]))
def test_every_box_is_used_or_told(rows: list[Box], size: tuple[int, int] | None) -> None:
    found = sift(rows, size)
    if found.problem is not None:
        assert not len(found.boxes)
        return
    assert len(found.boxes) + len(found.left_out) == len(rows)
    assert all(box_fault(box, size) is None for box in found.boxes.rows)
    assert sift(found.boxes.rows, size).boxes == found.boxes, "what was sifted stays"


def test_sound_boxes_pass_unchanged(drawn_boxes) -> None:
    @given(rows=drawn_boxes)
    def unchanged(rows: tuple[Box, ...]) -> None:
        found = sift(rows, SIZE)
        assert found.boxes.rows == rows
        assert not found.left_out

    unchanged()
