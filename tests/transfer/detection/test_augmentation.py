"""Boxes that move along: against closed forms, and against the pixels of the same draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medgraft.data.augmentation.transform import Draw
from medgraft.errors import UsageError
from medgraft.transfer.detection.augmentation import BoxAugmentation, box_policy, move_boxes, visible

SIDE = 96


def flip(**turned: float) -> Draw:
    return Draw("flip", {"horizontal": 0.0, "vertical": 0.0, "transpose": 0.0, **turned})


def affine(scale: float = 1.0, right: float = 0.0, down: float = 0.0, degrees: float = 0.0) -> Draw:
    return Draw("affine", {"degrees": degrees, "scale": scale, "right": right, "down": down})


@pytest.mark.parametrize(
    ("draws", "wanted"),
    [
        ([flip(horizontal=1.0)], [66, 20, 86, 50]),
        ([flip(vertical=1.0)], [10, 46, 30, 76]),
        ([flip(transpose=1.0)], [20, 10, 50, 30]),
        ([flip(horizontal=1.0, transpose=1.0)], [20, 66, 50, 86]),
        ([affine(scale=1.5)], [48 - 57, 48 - 42, 48 - 27, 48 + 3]),
        ([affine(right=0.25, down=-0.125)], [34, 8, 54, 38]),
        ([flip(horizontal=1.0), affine(right=0.25)], [90, 20, 110, 50]),
        ([Draw("intensity", {"brightness": 0.1, "contrast": 1.0, "gamma": 1.0})], [10, 20, 30, 50]),
    ],
)
def test_a_draw_moves_a_box_as_geometry_says(draws, wanted):
    moved = move_boxes(np.array([[10, 20, 30, 50]]), draws, SIDE)
    np.testing.assert_allclose(moved, [wanted], atol=1e-9)


def test_turning_is_refused():
    with pytest.raises(UsageError, match="only mirroring, scale and shift"):
        move_boxes(np.array([[10, 20, 30, 50]]), [affine(degrees=5.0)], SIDE)


@pytest.mark.parametrize("modality", ["microscopy", "radiograph", "unknown"])
def test_the_box_lies_where_the_pixels_went(modality):
    """A bright rectangle: the centre and the extent of its pixels after the draw are those of the moved box."""
    pixels = np.full((1, SIDE, SIDE), 0.2, np.float32)
    pixels[0, 36:56, 40:68] = 0.8
    augmentation, looked = BoxAugmentation(box_policy(modality, upright=False), seed=3), 0
    for epoch in range(1, 30):
        (box,), (seen,) = augmentation.boxes(np.array([[40, 36, 68, 56]]), SIDE, epoch, 5)
        bright = augmentation.pixels(pixels, epoch, 5)[0]
        bright = (bright > (bright.max() + bright.min()) / 2).astype(float)
        assert seen
        assert bright.sum() == pytest.approx((box[2] - box[0]) * (box[3] - box[1]), rel=0.12)
        down, across = np.nonzero(bright)
        assert [across.mean() + 0.5, down.mean() + 0.5] == pytest.approx(
            [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], abs=0.6
        )
        looked += 1
    assert looked == 29


def test_it_depends_on_seed_epoch_and_case_alone():
    boxes = np.array([[10, 20, 30, 50.0]])
    policy = box_policy("microscopy", upright=False)
    first = BoxAugmentation(policy, 1).boxes(boxes, SIDE, 2, 3)[0]
    assert np.array_equal(first, BoxAugmentation(policy, 1).boxes(boxes, SIDE, 2, 3)[0])
    others = [BoxAugmentation(policy, s).boxes(boxes, SIDE, e, i)[0] for s, e, i in ((2, 2, 3), (1, 3, 3), (1, 2, 4))]
    assert not any(np.array_equal(first, other) for other in others)


def test_what_the_modality_forbids_is_not_done():
    kinds = [item for item in box_policy("radiograph", upright=False).transforms if item.name == "flip"]
    assert not kinds  # the heart has its side
    (turned,) = [item for item in box_policy("microscopy", upright=True).transforms if item.name == "flip"]
    assert (turned.horizontal, turned.vertical, turned.transpose) == (0.5, 0.5, 0.0)


@pytest.mark.parametrize(("left", "kept"), [(-5.9, True), (-6.1, False)])
def test_a_box_that_is_out_by_more_than_sixty_percent_is_dropped(left, kept):
    cut, seen = visible(np.array([[left, 10, left + 10, 20]]), SIDE)
    assert bool(seen[0]) is kept
    assert cut[0].tolist() == pytest.approx([0, 10, left + 10, 20])


@given(st.lists(st.floats(-200, 200), min_size=4, max_size=4))
def test_what_is_seen_lies_inside_and_has_area(values):
    x, y = sorted(values[:2]), sorted(values[2:])
    cut, seen = visible(np.array([[x[0], y[0], x[1], y[1]]]), SIDE)
    assert cut.min() >= 0
    assert cut.max() <= SIDE
    if seen[0]:
        assert (cut[0, 2:] - cut[0, :2]).min() >= 1
