"""Every score that takes features, at once."""

from __future__ import annotations

import numpy as np

from medgraft.measure.transferability.catalogue import score_features
from medgraft.measure.transferability.score import TRANSFERABILITY


def test_each_is_the_score_alone() -> None:
    labels = np.arange(40) % 2
    features = np.random.default_rng(0).normal(size=(40, 5)) + labels[:, None]
    found = score_features(features, labels)
    assert list(found) == ["h-score", "logme", "n-leep"]
    assert all(value == TRANSFERABILITY.get(name)(features, labels) for name, value in found.items())
