"""Evidence of a model by hand: probabilities of class 1, labels, and features in one dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from medgraft.measure.shift.answers import Answers
from medgraft.measure.unlabelled.score import ModelEvidence


@pytest.fixture
def evidence() -> Callable[..., ModelEvidence]:
    """``(source, labels, target, features)``: probabilities of class 1 of each side."""

    def make(
        source: Sequence[float], labels: Sequence[int], target: Sequence[float], features: object = None
    ) -> ModelEvidence:
        def two(positive: Sequence[float]) -> np.ndarray:
            chances = np.array(positive, dtype=float)
            return np.stack([1 - chances, chances], axis=1)

        return ModelEvidence.of(Answers.of(two(source), np.array(labels), two(target)), features)

    return make
