"""Ties with the best: a plain loop over drawn patients, agreement with the paired comparison, copies, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.paired import auroc_difference
from medgraft.measure.patients import Patients
from medgraft.measure.ties import find_ties


@pytest.fixture
def three(draw_cases) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Labels of 3 classes, a good, an equal and a poor candidate with 2 repeats, patients of two cases."""
    truth, base = draw_cases(0, n=120, k=3, skill=1.5)
    random = np.random.default_rng(1)

    def noisy(noise: float) -> np.ndarray:
        logits = np.log(base) + noise * random.normal(size=(2, *base.shape))
        return np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)

    return truth, {"good": noisy(0.3), "equal": noisy(0.3), "poor": noisy(3.0)}, np.arange(120) // 2


def test_values_against_scikit_learn_and_intervals_against_a_plain_loop(three) -> None:
    truth, candidates, groups = three
    found = find_ties(truth, candidates, groups=groups, draws=80, seed=5)

    def auroc(chances: np.ndarray, rows: np.ndarray) -> float:
        each = [roc_auc_score(truth[rows], one[rows], multi_class="ovr", average="macro") for one in chances]
        return float(np.mean(each))

    everyone = np.arange(120)
    values = {name: auroc(chances, everyone) for name, chances in candidates.items()}
    assert {c.name: c.value for c in found.candidates} == pytest.approx(values)
    assert found.best == max(values, key=values.get)
    weights = np.concatenate(list(case_weights(Patients.of(groups, 120), 80, 5)), axis=1)
    drawn = [np.repeat(everyone, column.astype(int)) for column in weights.T]
    loops = {name: np.array([auroc(chances, rows) for rows in drawn]) for name, chances in candidates.items()}
    for candidate in found.candidates:
        assert (candidate.low, candidate.high) == pytest.approx(np.quantile(loops[candidate.name], [0.025, 0.975]))
        gaps = loops[candidate.name] - loops[found.best]
        assert candidate.difference == pytest.approx(candidate.value - values[found.best])
        limits = candidate.difference_low, candidate.difference_high
        assert limits == pytest.approx(np.quantile(gaps, [0.025, 0.975]), abs=1e-12)
        highest = np.max(list(loops.values()), axis=0)
        assert candidate.chance_best == pytest.approx(np.mean(loops[candidate.name] == highest))
    assert set(found.tied) == {"good", "equal"}
    assert (found.n, found.n_patients, found.n_repeats) == (120, 60, 2)


def test_copies_of_the_best_share_its_chance(three) -> None:
    truth, candidates, _ = three
    found = find_ties(truth, {"a": candidates["good"], "b": candidates["good"], "c": candidates["poor"]}, draws=100)
    first, second, third = found.candidates
    assert found.best == "a"
    assert (first.difference, second.difference, second.difference_low, second.difference_high) == (0, 0, 0, 0)
    assert first.chance_best == second.chance_best == 0.5
    assert third.chance_best == 0 and not third.ties_with_best
    assert found.n_patients is None
    assert found == find_ties(
        truth, {"a": candidates["good"], "b": candidates["good"], "c": candidates["poor"]}, draws=100
    )


def test_two_binary_candidates_agree_with_the_paired_comparison(draw_cases) -> None:
    truth, good = draw_cases(3, n=150, skill=1.2)
    mixed = 0.6 * good + 0.4 * draw_cases(4, n=150, skill=0.0)[1]
    found = find_ties(truth, {"good": good, "mixed": mixed}, positive=1, draws=2000)
    paired = auroc_difference(truth, mixed, good, positive=1)
    second = found.candidates[1]
    assert found.best == "good"
    assert second.difference == pytest.approx(paired.difference)
    assert (second.difference_low, second.difference_high) == pytest.approx((paired.low, paired.high), abs=0.015)


def test_what_does_not_fit_is_refused(three) -> None:
    truth, candidates, _ = three
    good = candidates["good"]
    for wrong in ({}, {"a": good, "b": good[:1]}, {"a": good[:, :-1]}, {"a": good[0, 0]}):
        with pytest.raises(UsageError, match="same cases, classes and repeats"):
            find_ties(truth, wrong)
    with pytest.raises(UsageError, match="indices of the columns"):
        find_ties(truth + 1, {"a": good})
    with pytest.raises(DataError, match="b has probabilities"):
        find_ties(truth, {"a": good, "b": np.where(good > 0.9, np.nan, good)})
    with pytest.raises(DataError, match="positive class and of another"):
        find_ties(np.zeros_like(truth), {"a": good}, draws=10)
