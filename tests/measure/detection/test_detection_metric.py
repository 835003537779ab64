"""The contract, over every registered measure: range, perfect and absent answers, what does not matter, what does."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.detection.catalogue import BUILT_IN, DETECTION
from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, match_class
from medgraft.measure.detection.weighted import WeightedMatches

NAMES = list(DETECTION)


def number(name: str, images: list[ImageBoxes], label: str = "cell") -> float:
    matches = match_class(images, label, (*COCO_THRESHOLDS, 0.5))
    return DETECTION.get(name)(WeightedMatches(matches, np.ones(len(images))))


def test_all_are_there_and_say_what_they_are() -> None:
    assert NAMES[: len(BUILT_IN)] == [metric.name for metric in BUILT_IN]
    assert NAMES[:3] == ["map50", "map50_95", "froc"]
    assert NAMES[3] == "sensitivity_at_0_125"
    assert NAMES[9] == "sensitivity_at_8"
    assert all(metric.summary for metric in BUILT_IN)


@pytest.mark.parametrize("name", NAMES)
def test_perfect_absent_and_undefined(name: str, draw_images) -> None:
    images = draw_images(1)
    perfect = [
        ImageBoxes(one.truth, {label: (boxes, np.ones(len(boxes))) for label, boxes in one.truth.items()})
        for one in images
    ]
    assert number(name, perfect) == 1
    assert number(name, [ImageBoxes(one.truth, {}) for one in images]) == 0
    assert np.isnan(number(name, [ImageBoxes({}, one.predicted) for one in images]))
    assert 0 <= number(name, images) < 1


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_matter(name: str, draw_images) -> None:
    images = draw_images(2)
    value = number(name, images)
    squeezed = [
        ImageBoxes(one.truth, {label: (boxes, scores**3 - 7) for label, (boxes, scores) in one.predicted.items()})
        for one in images
    ]
    moved = [
        ImageBoxes(
            {label: boxes[::-1] * 2 + 11 for label, boxes in one.truth.items()},
            {label: (boxes[::-1] * 2 + 11, scores[::-1]) for label, (boxes, scores) in one.predicted.items()},
        )
        for one in images
    ]
    for same in (squeezed, moved, images[::-1]):
        assert number(name, same) == pytest.approx(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_confident_false_positive_never_helps(name: str, draw_images) -> None:
    images = draw_images(3)
    wrong = (np.array([[900.0, 900.0, 950.0, 950.0]]), np.array([2.0]))
    worse = [*images[:-1], ImageBoxes(images[-1].truth, {**images[-1].predicted, "cell": wrong})]
    without = [*images[:-1], ImageBoxes(images[-1].truth, {"platelet": images[-1].predicted["platelet"]})]
    assert number(name, worse) <= number(name, without)
