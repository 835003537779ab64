"""The contract, over every registered score: order of cases, planted signal, degenerate and refused inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import DataError, UsageError
from medgraft.measure.transferability.catalogue import BUILT_IN
from medgraft.measure.transferability.score import TRANSFERABILITY, class_codes

NAMES = list(TRANSFERABILITY)
FEATURES = [name for name, score in TRANSFERABILITY.items() if score.takes == "features"]


def _inputs(name: str, features: np.ndarray) -> np.ndarray:
    """What the score takes: the features, or their softmax."""
    if TRANSFERABILITY.get(name).takes == "features":
        return features
    chances = np.exp(features - features.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def _planted(seed: int, n: int, d: int, k: int, signal: float) -> tuple[np.ndarray, np.ndarray]:
    """Features with a class mean each, and labels with a case of every class."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % k
    return random.normal(size=(n, d)) + signal * random.normal(size=(k, d))[labels], labels


def test_all_are_there_and_say_what_they_take() -> None:
    assert [score.name for score in BUILT_IN] == ["h-score", "leep", "logme", "n-leep"]
    assert all(TRANSFERABILITY.get(score.name) is score and score.summary for score in BUILT_IN)
    assert FEATURES == ["h-score", "logme", "n-leep"]


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000), n=st.integers(12, 60), d=st.integers(1, 30), k=st.integers(2, 4))
def test_the_order_of_cases_and_the_names_of_classes_do_not_matter(
    name: str, seed: int, n: int, d: int, k: int
) -> None:
    features, labels = _planted(seed, n, d, k, 1.0)
    score, inputs = TRANSFERABILITY.get(name), _inputs(name, features)
    value = score(inputs, labels)
    assert np.isfinite(value)
    order = np.random.default_rng(seed).permutation(n)
    # LogME is where an iteration stops: another order of sums stops it elsewhere, by 1e-7 of the value where n < d
    assert score(inputs[order], labels[order]) == pytest.approx(value, rel=1e-5, abs=1e-9)
    if name != "n-leep":  # its mixture starts from the sorted cases, labels last
        assert score(inputs, 7 - 2 * labels) == pytest.approx(value, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("n", "d"), [(200, 20), (60, 150)])
def test_a_planted_signal_scores_higher_than_noise(name: str, n: int, d: int) -> None:
    score = TRANSFERABILITY.get(name)
    values = []
    for signal in (0.0, 0.6, 2.0):
        features, labels = _planted(3, n, d, 3, signal)
        values.append(score(_inputs(name, features), labels))
    assert values[0] < values[1] < values[2]


@pytest.mark.parametrize("name", FEATURES)
def test_degenerate_features_have_a_value(name: str) -> None:
    score, labels = TRANSFERABILITY.get(name), np.arange(30) % 2
    worthless = [score(np.full((30, 4), level), labels) for level in (0.1, 1.0, 7.3)]
    assert np.isfinite(worthless).all()
    assert worthless == pytest.approx([worthless[0]] * 3)
    copied = np.eye(2)[labels]
    assert score(copied, labels) > worthless[0]
    assert np.isfinite(score(np.zeros((30, 4)), labels))
    assert np.isfinite(score(np.random.default_rng(0).normal(size=(4, 300)), np.array([0, 1, 1, 0])))
    assert np.isfinite(score(np.array([[1.0], [2.0]]), np.array([0, 1])))
    single = score(copied.astype(np.float32), labels.astype(np.uint8))
    assert single == pytest.approx(score(copied, labels))


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_is_refused(name: str) -> None:
    score, inputs, labels = TRANSFERABILITY.get(name), np.full((6, 2), 0.5), np.arange(6) % 2
    with pytest.raises(DataError, match="of one class"):
        score(inputs, np.zeros(6, int))
    with pytest.raises(UsageError, match=r"need \(n, d\)"):
        score(inputs[0], labels)
    with pytest.raises(UsageError, match="one whole number a case"):
        score(inputs, labels[:-1])
    with pytest.raises(UsageError, match="one whole number a case"):
        score(inputs, labels.astype(float))
    spoilt = inputs.copy()
    spoilt[0, 0] = np.nan
    with pytest.raises(DataError, match="1 of 6 cases"):
        score(spoilt, labels)


def test_probabilities_are_probabilities() -> None:
    leep, labels = TRANSFERABILITY.get("leep"), np.arange(6) % 2
    for wrong in (np.full((6, 2), 0.4), np.tile([1.5, -0.5], (6, 1))):
        with pytest.raises(DataError, match="Apply the softmax first"):
            leep(wrong, labels)
    rounded = np.tile(np.array([0.3333, 0.6663]), (6, 1))
    assert leep(rounded, labels) == pytest.approx(-np.log(2))


def test_codes_keep_the_order_of_labels() -> None:
    assert class_codes(np.array([5, -1, 5, 9]), 4, "testing").tolist() == [1, 0, 1, 2]
