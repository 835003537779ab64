"""What is found at one score: by hand, against the one-box-at-a-time judge, and intervals over patients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.detection.matching import ImageBoxes
from medgraft.measure.detection.operating import at_score, pair_boxes

TEN = [0.0, 0.0, 10.0, 10.0]
FAR = [50.0, 50.0, 60.0, 60.0]


def test_by_hand() -> None:
    """The weak prediction of the second box does not count; the third prediction finds nothing."""
    image = ImageBoxes(
        {"a": np.array([FAR, TEN])}, {"a": (np.array([FAR, TEN, [80.0, 0, 90, 10]]), np.array([0.3, 0.9, 0.6]))}
    )
    pair = pair_boxes(image, "a", score=0.5)
    assert pair.found.tolist() == [False, True]
    assert pair.hits.tolist() == [False, True, False]
    assert pair.used.tolist() == [False, True, True] and pair.false.tolist() == [False, False, True]
    assert pair_boxes(image, "a", score=0.2).found.all()
    found = at_score([image, ImageBoxes({}, {})], "a", score=0.5)
    assert (found.boxes, found.found, found.missed, found.false) == (2, 1, 1, 1)
    assert found.sensitivity.value == 0.5 and found.precision.value == 0.5 and found.false_per_image.value == 0.5


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), score=st.floats(0, 1))
def test_one_by_one_says_the_same(draw_images, one_by_one, seed: int, score: float) -> None:
    images = draw_images(seed)
    for label in ("cell", "platelet"):
        rows, truths = one_by_one(images, label, 0.5)
        counted = [hit for value, hit in rows if value >= score]
        found = at_score(images, label, score=score)
        assert (found.boxes, found.found, found.false) == (truths, sum(counted), len(counted) - sum(counted))


def test_intervals_are_over_patients(draw_images) -> None:
    once = draw_images(3, count=15)
    images = [image for image in once for _ in range(4)]
    together = at_score(images, "cell", score=0.2, groups=np.repeat(np.arange(15), 4)).sensitivity
    single = at_score(once, "cell", score=0.2, groups=np.arange(15)).sensitivity
    assert together.value == pytest.approx(single.value)
    assert (together.low, together.high) == pytest.approx((single.low, single.high))
    apart = at_score(images, "cell", score=0.2).sensitivity
    assert apart.high - apart.low < 0.7 * (together.high - together.low) and apart.n_patients is None


def test_a_class_that_is_nowhere_has_no_rates() -> None:
    found = at_score([ImageBoxes({}, {})] * 3, "a", score=0.5)
    assert np.isnan(found.sensitivity.value) and np.isnan(found.precision.value) and found.false_per_image.value == 0
    with pytest.raises(UsageError, match="above 0"):
        pair_boxes(ImageBoxes({}, {}), "a", score=0.5, iou=0.0)
