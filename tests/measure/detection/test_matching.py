"""Greedy matching: by hand, against one box at a time, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.detection.matching import COCO_THRESHOLDS, MOST, ImageBoxes, match_class, taken_truths

TEN = [0.0, 0.0, 10.0, 10.0]


def shifted(by: float) -> list[float]:
    return [by, 0.0, 10.0 + by, 10.0]


def test_the_best_score_goes_first_and_a_box_is_taken_once() -> None:
    image = ImageBoxes(
        {"a": np.array([TEN, shifted(4.0)])},
        {"a": (np.array([shifted(1.0), TEN, shifted(3.0), shifted(50.0)]), np.array([0.6, 0.9, 0.7, 0.8]))},
    )
    found = match_class([ImageBoxes({}, {}), image], "a", (0.5, 0.75))
    assert found.scores.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert found.images.tolist() == [1] * 4
    assert found.truths.tolist() == [0, 2]
    # 0.9 takes the first; 0.7 overlaps the second by 9/11; 0.6 is left without one
    assert found.hits.tolist() == [[True, False, True, False]] * 2
    assert match_class([image], "a", (0.9,)).hits.tolist() == [[True, False, False, False]]


def test_a_free_box_that_overlaps_less_is_taken_if_the_best_is_gone() -> None:
    image = ImageBoxes(
        {"a": np.array([TEN, shifted(3.0)])}, {"a": (np.array([TEN, shifted(1.0)]), np.array([0.9, 0.8]))}
    )
    assert match_class([image], "a", (0.5,)).hits.tolist() == [[True, True]]
    assert match_class([image], "a", (0.7,)).hits.tolist() == [[True, False]]


def test_exactly_the_threshold_is_a_hit() -> None:
    image = ImageBoxes({"a": np.array([TEN])}, {"a": (np.array([[0.0, 0.0, 10.0, 5.0]]), np.array([0.5]))})
    assert match_class([image], "a", (0.5, 0.55)).hits.tolist() == [[True], [False]]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), threshold=st.sampled_from([0.3, 0.5, 0.75]))
def test_one_by_one_says_the_same(draw_images, one_by_one, seed: int, threshold: float) -> None:
    images = draw_images(seed)
    for label in ("cell", "platelet"):
        found = match_class(images, label, (threshold,))
        rows, truths = one_by_one(images, label, threshold)
        assert list(zip(found.scores.tolist(), found.hits[0].tolist(), strict=True)) == rows
        assert found.truths.sum() == truths


def test_the_hundred_best_of_an_image_count() -> None:
    boxes = np.tile(TEN, (130, 1))
    image = ImageBoxes({"a": np.array([TEN])}, {"a": (boxes, np.linspace(0, 1, 130))})
    found = match_class([image, image], "a", (0.5,))
    assert len(found.scores) == 2 * MOST
    assert found.hits.sum() == 2
    assert found.scores.min() == pytest.approx(30 / 129)


def test_nothing_is_a_valid_answer() -> None:
    found = match_class([ImageBoxes({}, {})], "a", COCO_THRESHOLDS)
    assert found.hits.shape == (10, 0)
    assert found.last_of_score.size == 0
    assert len(match_class([], "a", (0.5,)).truths) == 0


def test_cuts_stand_where_the_score_falls() -> None:
    image = ImageBoxes({}, {"a": (np.tile(TEN, (5, 1)), np.array([0.9, 0.5, 0.5, 0.5, 0.1]))})
    assert match_class([image], "a", (0.5,)).last_of_score.tolist() == [0, 3, 4]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="one finite number a box"):
        ImageBoxes({}, {"a": (np.array([TEN]), np.array([0.1, 0.2]))})
    with pytest.raises(UsageError, match="one finite number a box"):
        ImageBoxes({}, {"a": (np.array([TEN]), np.array([np.nan]))})
    with pytest.raises(UsageError, match="true boxes are no boxes"):
        ImageBoxes({"a": np.array([[4, 4, 1, 1]])}, {})
    with pytest.raises(UsageError, match="numbers above 0"):
        match_class([], "a", (0.0,))


def test_which_true_box_is_taken() -> None:
    overlap = np.array([[0.2, 0.9], [0.6, 0.8], [0.7, 0.1]])
    assert taken_truths(overlap, 0.5).tolist() == [1, 0, -1]
    assert taken_truths(overlap, 0.65).tolist() == [1, -1, 0]
    assert taken_truths(np.zeros((2, 0)), 0.5).tolist() == [-1, -1]
