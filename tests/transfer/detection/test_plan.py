"""From boxes to a plan: known sizes give known sides, levels and anchors."""

import numpy as np
import pytest

from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.errors import DataError
from medgraft.transfer.detection.plan import DetectionPlan, plan_detection

SHAPE = (480, 640)


def boxes(*things: tuple[str, float, float]) -> Boxes:
    """One picture's: label, width and height, from the upper left corner."""
    return Boxes(tuple(Box(label, 0, 0, width, height) for label, width, height in things))


@pytest.mark.parametrize(("side", "wanted"), [(60, 256), (36, 320), (20, 416)])
def test_the_input_is_as_large_as_the_smallest_class_needs(side, wanted):
    """At 320 pixels a box of 36 is 18 wide and 24 high: its root is 20.8; at 288 it is 18.7."""
    plan = plan_detection([boxes(("a", side, side), ("b", 200, 200))] * 3, [SHAPE] * 3)
    assert plan.size == wanted
    assert plan.typical["a"] == pytest.approx((side * wanted / 640, side * wanted / 480), abs=0.01)


@pytest.mark.parametrize(
    ("shapes", "fit"),
    [
        ([(480, 640)] * 2, "squash"),
        ([(480, 640), (960, 1280)], "squash"),
        ([(480, 640), (640, 480)], "pad"),
        ([(300, 900)] * 2, "pad"),
    ],
)
def test_only_pictures_of_one_shape_near_a_square_are_stretched(shapes, fit):
    assert plan_detection([boxes(("a", 60, 60))] * 2, shapes).fit == fit


def test_small_boxes_get_a_finer_level():
    assert plan_detection([boxes(("a", 60, 60))], [SHAPE]).strides == (8, 16, 32)
    assert plan_detection([boxes(("a", 12, 12))], [SHAPE]).strides == (4, 8, 16, 32)


def test_anchors_are_quantiles_of_the_sizes_of_their_level():
    sizes = np.linspace(24, 40, 97)  # all nearest to 32, the middle of stride 8
    plan = plan_detection([boxes(*(("a", size, size) for size in sizes))], [(256, 256)], 256)
    wanted = [float(np.quantile(sizes, share)) for share in (1 / 6, 1 / 2, 5 / 6)]
    assert plan.anchor_sizes[0] == pytest.approx(wanted, abs=0.06)
    assert plan.anchor_sizes[1] == pytest.approx((64, 80.6, 101.6), abs=0.06)  # no box: thirds of an octave
    assert plan.aspects == (1.0,)
    assert plan.reach == pytest.approx(32 / 2 / 8)


def test_aspects_follow_boxes_that_differ():
    things = [("a", 40, 20)] * 30 + [("a", 30, 30)] * 30 + [("a", 20, 40)] * 30
    assert plan_detection([boxes(*things)], [(256, 256)]).aspects == (0.5, 1.0, 2.0)


def test_it_counts_and_travels_as_json():
    plan = plan_detection([boxes(("a", 60, 60), ("b", 90, 60)), Boxes()], [SHAPE] * 2)
    assert (plan.pictures, plan.most, plan.boxes) == (2, 2, {"a": 1, "b": 1})
    assert DetectionPlan.model_validate_json(plan.model_dump_json()) == plan


def test_no_box_at_all_is_refused():
    with pytest.raises(DataError, match="none of 2 training pictures has a box"):
        plan_detection([Boxes(), Boxes()], [SHAPE] * 2)
