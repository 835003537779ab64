"""IoU of boxes: by hand, against counting pixels, symmetric, and what is no box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.detection.overlap import box_iou, checked_boxes


def test_by_hand() -> None:
    one = np.array([[0, 0, 10, 10]])
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 4, 4], [3, 3, 3, 3]])
    assert box_iou(one, others)[0] == pytest.approx([1, 50 / 150, 0, 0.04, 0])
    assert box_iou(others[4:], others[4:]).tolist() == [[0]]
    assert box_iou(one, np.zeros((0, 4))).shape == (1, 0)
    assert box_iou([], one).shape == (0, 1)


sides = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 8), st.integers(1, 8))


@given(one=sides, other=sides)
def test_half_open_boxes_count_pixels(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    masks, boxes = np.zeros((2, 24, 24), dtype=bool), []
    for mask, (x, y, width, height) in zip(masks, (one, other), strict=True):
        mask[y : y + height, x : x + width] = True
        boxes.append([x, y, x + width, y + height])
    expected = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
    assert box_iou(boxes[:1], boxes[1:])[0, 0] == pytest.approx(expected)
    assert box_iou(boxes[1:], boxes[:1])[0, 0] == box_iou(boxes[:1], boxes[1:])[0, 0]


def test_what_is_no_box_is_refused() -> None:
    with pytest.raises(UsageError, match="x0 y0 x1 y1"):
        checked_boxes(np.zeros((3, 5)), "boxes")
    for wrong in ([0, 0, -1, 4], [0, 5, 4, 4], [0, 0, np.nan, 1], [0, 0, np.inf, 1]):
        with pytest.raises(UsageError, match="1 of 2 true boxes are no boxes"):
            checked_boxes(np.array([[0, 0, 1, 1], wrong]), "true boxes")
