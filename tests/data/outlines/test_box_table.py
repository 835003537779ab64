"""Columns of boxes: which four go together, and what a row says."""

from __future__ import annotations

import math

import pytest

from medgraft.data.outlines.box_table import BoxColumns
from medgraft.data.outlines.boxes import Box


@pytest.mark.parametrize(
    ("header", "places", "sized"),
    [
        (["file", "x0", "y0", "x1", "y1"], (1, 2, 3, 4), False),
        (["Xmax", "label", "YMAX", "xmin", " ymin "], (3, 4, 0, 2), False),
        (["X Min", "Y Min", "X-Max", "Y_max"], (0, 1, 2, 3), False),
        (["x1", "y1", "x2", "y2"], (0, 1, 2, 3), False),
        (["left", "top", "right", "bottom"], (0, 1, 2, 3), False),
        (["x", "y", "w", "h"], (0, 1, 2, 3), True),
        (["path", "x", "y", "width", "height", "label"], (1, 2, 3, 4), True),
        (["xmin", "ymin", "box width", "box height"], (0, 1, 2, 3), True),
        # corners win over the size of the picture that stands beside them
        (["width", "height", "xmin", "ymin", "xmax", "ymax"], (2, 3, 4, 5), False),
    ],
)
def test_columns_are_known_by_their_names(header: list[str], places: tuple[int, ...], sized: bool) -> None:
    assert BoxColumns.of(header) == BoxColumns(places, sized)


@pytest.mark.parametrize(
    "header",
    [[], ["file", "label"], ["x0", "y0", "x1"], ["x", "y"], ["xmin", "ymin", "x1", "y1"], ["x", "x", "y", "w", "h"]],
)
def test_columns_that_do_not_go_together_are_none(header: list[str]) -> None:
    assert BoxColumns.of(header) is None


def test_rows() -> None:
    corners, sized = BoxColumns((0, 1, 2, 3), False), BoxColumns((0, 1, 2, 3), True)
    assert corners.box(" cell ", ["1", "2.5", " 30", "4e1"]) == Box("cell", 1, 2.5, 30, 40)
    assert sized.box("cell", ["1", "2.5", "30", "40"]) == Box("cell", 1, 2.5, 31, 42.5)
    assert corners.box("cell", ["", " ", None, ""]) is None
    assert corners.box("cell", []) is None, "a row that ends early"
    assert corners.box(None, ["1", "2", "3", "4"]) == Box("", 1, 2, 3, 4)


@pytest.mark.parametrize("cells", [["1", "2", "x", "4"], ["1", "2", "", "4"], ["1", "2", None, "4"]])
def test_a_cell_that_is_no_number_comes_out_as_nan(cells: list[str | None]) -> None:
    for sized in (False, True):
        box = BoxColumns((0, 1, 2, 3), sized).box("cell", cells)
        assert box is not None
        assert math.isnan(box.x1)
        assert (box.x0, box.y0) == (1, 2)
