"""Importance weighting by hand, and an error of the target that plain validation does not see."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.unlabelled.density_ratio import density_ratio
from medgraft.measure.unlabelled.iwcv import IWCV, validation_weights, weighted_score
from medgraft.measure.unlabelled.source_validation import SOURCE_VALIDATION


def test_by_hand(evidence) -> None:
    assert weighted_score(np.array([2.0, 0.5, 1.0]), np.array([True, False, True])) == pytest.approx(-1.0)
    assert validation_weights(evidence([0.9, 0.1], [1, 0], [0.5])).tolist() == [1.0, 1.0]


def test_an_error_where_the_target_lies_counts_more(evidence) -> None:
    random = np.random.default_rng(0)
    source, target, train = (
        random.normal(size=(400, 1)),
        random.normal(size=(300, 1)) + 1.5,
        random.normal(size=(400, 1)),
    )
    labels = (np.arange(400) % 2).tolist()
    wrong = source[:, 0] > 1.0

    def model(errs: np.ndarray):
        right = np.where(np.array(labels) == 1, 0.9, 0.1)
        return evidence(np.where(errs, 1 - right, right), labels, [0.5] * 300, (source, target, train))

    there, elsewhere = model(wrong), model(source[:, 0] < np.sort(source[:, 0])[wrong.sum()])
    assert SOURCE_VALIDATION(there) == SOURCE_VALIDATION(elsewhere)
    assert IWCV(there) < IWCV(elsewhere) - 0.3
    assert -IWCV(there) == pytest.approx(0.69, abs=0.2), "P(x > 1) of the target"
    weights = density_ratio(train, target, source)
    assert IWCV(there) == pytest.approx(-(weights * wrong).mean())
