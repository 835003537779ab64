"""Paired differences: sign, width, agreement of the two ways, degenerate cases."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.errors import UsageError
from medgraft.measure.paired import accuracy_difference, auroc_difference, score_difference


@pytest.fixture
def two() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and two related binary probabilities, the first the better."""
    random = np.random.default_rng(0)
    truth = (random.random(150) < 0.4).astype(int)
    shared = random.normal(size=150)
    scores = [1.5 * truth + shared, 0.5 * truth + shared + 0.5 * random.normal(size=150)]
    first, second = (1 / (1 + np.exp(-score)) for score in scores)
    return truth, np.stack([1 - first, first], 1), np.stack([1 - second, second], 1)


def test_auroc_by_delong(two) -> None:
    truth, first, second = two
    found = auroc_difference(truth, first, second, positive=1)
    assert found.method == "paired DeLong"
    assert found.first == pytest.approx(roc_auc_score(truth, first[:, 1]))
    assert found.difference == pytest.approx(found.first - roc_auc_score(truth, second[:, 1]))
    assert 0 < found.low < found.difference < found.high
    swapped = auroc_difference(truth, second, first, positive=1)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))
    assert found.n_patients is None
    macro = auroc_difference(truth, first, second)
    assert macro.difference == pytest.approx(found.difference)


def test_auroc_of_copied_cases_is_delong_of_the_cases(two) -> None:
    truth, first, second = two
    alone = auroc_difference(truth, first, second, positive=1)
    copies = np.repeat(np.arange(150), 3)
    found = auroc_difference(truth[copies], first[copies], second[copies], positive=1, groups=copies)
    assert found.method == "paired DeLong, clustered by patient"
    assert found.n_patients == 150
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=0.012)


def test_accuracy(two) -> None:
    truth, first, second = two
    calls = first.argmax(1), second.argmax(1)
    found = accuracy_difference(truth, *calls, groups=np.arange(150))
    gain = (calls[0] == truth).astype(float) - (calls[1] == truth)
    assert found.difference == pytest.approx(gain.mean())
    reach = 1.96 * gain.std() / np.sqrt(150)
    assert (found.low, found.high) == pytest.approx((gain.mean() - reach, gain.mean() + reach), abs=0.012)
    assert found.n_patients == 150
    assert accuracy_difference(truth, *calls, groups=np.arange(150)) == found


def test_no_disagreement_is_not_certainty() -> None:
    truth = np.array([0, 1] * 10)
    found = accuracy_difference(truth, truth, truth)
    assert found.difference == 0.0
    assert found.high == -found.low == pytest.approx(1.959963984540054**2 / (20 + 1.959963984540054**2))
    chances = np.eye(2)[truth]
    same = auroc_difference(truth, chances, chances, positive=1)
    assert (same.low, same.difference, same.high) == (0.0, 0.0, 0.0)


def test_what_does_not_fit_is_refused(two) -> None:
    truth, first, second = two
    with pytest.raises(UsageError, match="same cases and classes"):
        auroc_difference(truth, first, second[:-1])
    with pytest.raises(UsageError, match="one call each"):
        accuracy_difference(truth, truth[:-1], truth)


def test_scores_differ_by_their_means_over_patients():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0.6, 0.9, 40), rng.uniform(0.5, 0.8, 40)
    groups = np.repeat(np.arange(20), 2)
    found = score_difference(first, second, groups=groups)
    assert found.difference == pytest.approx(first.mean() - second.mean())
    gaps = (first - second).reshape(20, 2).mean(axis=1)
    half = 1.96 * gaps.std(ddof=1) / np.sqrt(20)  # the standard error of a mean of 20 patients
    assert found.high - found.low == pytest.approx(2 * half, rel=0.15)
    assert (found.n, found.n_patients, score_difference(first, second).n_patients) == (40, 20, None)


def test_equal_scores_differ_by_nothing():
    found = score_difference(np.array([0.5, 0.7]), np.array([0.5, 0.7]))
    assert found.difference == found.low == found.high == 0
    with pytest.raises(UsageError, match="finite score"):
        score_difference(np.array([0.5, np.nan]), np.array([0.5, 0.7]))
