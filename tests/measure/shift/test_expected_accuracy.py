"""Expected accuracy: by hand, on the source itself, and where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.expected_accuracy import expected_accuracy


def _binary(positive: list[float]) -> np.ndarray:
    chances = np.array(positive)
    return np.stack([1 - chances, chances], axis=1)


def test_by_hand() -> None:
    """3 of 5 right: the cut is the third least certain source case; half of the target reaches it."""
    source, labels = _binary([0.9, 0.8, 0.7, 0.55, 0.6]), np.array([1, 1, 1, 0, 0])
    target = _binary([0.95, 0.3, 0.65, 0.52])
    found = expected_accuracy(Answers.of(source, labels, target), replicates=20)
    assert found.source.value == pytest.approx(3 / 5)
    # The cut is at 0.7; 0.95 and 0.3 (as certain as 0.7) reach it.
    assert found.atc.value == pytest.approx(2 / 4)
    mean_source, mean_target = np.mean([0.9, 0.8, 0.7, 0.55, 0.6]), np.mean([0.95, 0.7, 0.65, 0.52])
    assert found.doc.value == pytest.approx(3 / 5 - (mean_source - mean_target))
    assert found.drop.value == pytest.approx(3 / 5 - 2 / 4)


def test_equal_certainty_counts_in_part() -> None:
    source, labels = _binary([0.8] * 10), np.array([1] * 7 + [0] * 3)
    found = expected_accuracy(Answers.of(source, labels, _binary([0.8] * 6 + [0.9] * 2 + [0.6] * 2)), replicates=20)
    assert found.atc.value == pytest.approx(0.2 + 0.7 * 0.6)


@pytest.mark.parametrize("seed", range(4))
def test_the_source_expects_its_own_accuracy(seed: int) -> None:
    random = np.random.default_rng(seed)
    chances = np.round(random.dirichlet(np.ones(3), 80), 1)
    chances /= chances.sum(axis=1, keepdims=True)
    labels = np.where(random.random(80) < 0.7, chances.argmax(axis=1), random.integers(0, 3, 80))
    found = expected_accuracy(Answers.of(chances, labels, chances), replicates=20)
    assert found.atc.value == pytest.approx(found.source.value)
    assert found.doc.value == pytest.approx(found.source.value)


def test_a_model_that_is_never_or_always_right() -> None:
    source, labels = _binary([0.9, 0.8, 0.2, 0.1]), np.array([1, 1, 0, 0])
    target = _binary([0.85, 0.6])
    assert expected_accuracy(Answers.of(source, labels, target), replicates=20).atc.value == pytest.approx(0.5)
    assert expected_accuracy(Answers.of(source, 1 - labels, target), replicates=20).atc.value == 0.0


def test_the_interval_holds_the_truth_where_classes_blur(world) -> None:
    """Pictures between the classes: an honest model is less sure there, and both opinions see it."""
    held = 0
    for seed in range(20):
        made = world(seed, n=400, m=400)
        blurred = made.answers.target.copy()
        logit = 0.5 * np.log(blurred[:, 1] / blurred[:, 0])
        blurred = _binary((1 / (1 + np.exp(-logit))).tolist())
        truth = (np.random.default_rng(seed).random(400) < blurred[:, 1]).astype(int)
        answers = Answers.of(made.answers.source, made.answers.labels, blurred)
        found = expected_accuracy(answers, replicates=100, seed=seed)
        reached = (blurred.argmax(axis=1) == truth).mean()
        held += found.doc.low <= reached <= found.doc.high
        assert found.atc.value < found.source.value
        assert found.source.n == found.atc.n == 400
        assert found.atc.low <= found.atc.value <= found.atc.high
    assert held >= 16
