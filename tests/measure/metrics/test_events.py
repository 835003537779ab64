"""How many cases of the rarest kind a number rests on, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.events import events_of
from medgraft.measure.metrics.predictions import Predictions

TRUTH = np.array([1] * 4 + [0] * 16)
CALLED = np.array([1, 1, 1, 0] + [1] * 2 + [0] * 14)
"""Four positive cases, of which three are found; two false calls; three errors, 17 right."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 3),
        ("majority_accuracy", 4),
        ("sensitivity", 4),
        ("specificity", 16),
        ("precision", 2),
        ("auroc", 4),
        ("brier", 4),
        ("f1", 4),
    ],
)
def test_binary(name: str, expected: int) -> None:
    predictions = Predictions(TRUTH, np.eye(2)[CALLED], CALLED, 1, 0)
    metric = METRICS.get(name)
    assert events_of(metric, predictions, 1 if metric.per_class else None) == expected


def test_of_several_classes_the_rarest_that_is_there() -> None:
    truth = np.array([0] * 12 + [1] * 5 + [2] * 8)
    predictions = Predictions(truth, np.eye(4)[truth], truth, None, 0)
    assert events_of(METRICS.get("auroc"), predictions) == 5
    assert events_of(METRICS.get("auroc"), predictions, 2) == 8
    assert events_of(METRICS.get("sensitivity"), predictions) == 5
    assert events_of(METRICS.get("precision"), predictions) == 0, "no false call"
    assert events_of(METRICS.get("accuracy"), predictions) == 0, "no error"
