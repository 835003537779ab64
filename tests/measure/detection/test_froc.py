"""FROC by hand: a staircase over four images."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.detection.froc import FROC, SENSITIVITIES
from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, match_class
from medgraft.measure.detection.weighted import WeightedMatches

TEN = np.array([[0.0, 0.0, 10.0, 10.0]])


@pytest.fixture
def staircase() -> WeightedMatches:
    """Four images, one of them empty, four true boxes. From the best score: hit, false, hit, false, false, hit."""
    hits = [ImageBoxes({"a": TEN}, {"a": (TEN, np.array([score]))}) for score in (0.9, 0.7, 0.4)]
    wrong = np.concatenate([TEN + 100, TEN + 200, TEN + 300])
    empty = ImageBoxes({}, {"a": (wrong, np.array([0.8, 0.6, 0.5]))})
    missed = ImageBoxes({"a": np.concatenate([TEN, TEN + 50])}, hits[0].predicted)
    return WeightedMatches(match_class([missed, *hits[1:], empty], "a", (*COCO_THRESHOLDS, 0.5)), np.ones(4))


def test_the_steps(staircase: WeightedMatches) -> None:
    """False positives an image: 0, 1/4, 1/4, 1/2, 3/4, 3/4; sensitivity 1/4 … 3/4."""
    values = [metric(staircase) for metric in SENSITIVITIES]
    assert values == [0.25, 0.5, 0.5, 0.75, 0.75, 0.75, 0.75]
    assert FROC(staircase) == pytest.approx(np.mean(values))
