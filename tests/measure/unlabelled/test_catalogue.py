"""Every score that the evidence serves, at once."""

from __future__ import annotations

import numpy as np

from medgraft.measure.unlabelled.catalogue import score_model
from medgraft.measure.unlabelled.score import UNLABELLED


def test_each_is_the_score_alone(evidence) -> None:
    source, labels, target = [0.9, 0.2, 0.7, 0.4] * 5, [1, 0, 0, 1] * 5, [0.6, 0.1, 0.8] * 5
    rows = np.random.default_rng(0).normal(size=(55, 2))
    full = evidence(source, labels, target, (rows[:20], rows[20:35], rows[35:]))
    found = score_model(full)
    assert set(found) == set(UNLABELLED)
    assert all(value == UNLABELLED.get(name)(full) for name, value in found.items())
    assert set(score_model(evidence(source, labels, target))) == set(UNLABELLED) - {"iwcv", "dev"}
