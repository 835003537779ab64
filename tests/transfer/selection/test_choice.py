"""Of equals the smallest; a joined source only where it is ahead for sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.cohort.folds import grouped_folds
from medgraft.transfer.selection.choice import MARGIN, Judge
from medgraft.transfer.selection.trial import Candidate, Trial

from .conftest import source


def answered(name, chance, *, parameters=10, seconds=0.01, rung=0, joined=False):
    """A complete trial that says ``chance`` (n,) of class 1."""
    one = replace(source(name, parameters, seconds), joined=joined)
    fold = grouped_folds(one.material.labels, one.material.groups, folds=5, seed=0)
    trial = Trial(Candidate(one, {"kind": "planted"}, rung), fold)
    trial.chances = np.stack([1 - chance, chance], axis=1)
    trial.status, trial.folds_done = "complete", 5
    return trial


LABELS, GROUPS = source().material.labels, source().material.groups
JUDGE = Judge(LABELS, 1, GROUPS, 0)
NOISE = np.random.default_rng(0).normal(size=(3, len(LABELS)))


def chance(strength, noise=0):
    return 1 / (1 + np.exp(-(strength * (LABELS - 0.5) + NOISE[noise])))


def everyone(trial):
    return True


def test_the_better_one_is_taken_whatever_its_size():
    good, bad = answered("large", chance(4), parameters=10**6), answered("small", chance(0.5))
    choice = JUDGE.choose([good, bad], everyone)
    assert choice.chosen is good
    assert not choice.compared[bad.candidate.name].ties_with_best


def test_of_equals_the_smallest_then_the_fastest_then_the_plainest():
    same = chance(2)
    trials = [
        answered("a", same, parameters=5, seconds=0.02, rung=0),
        answered("b", same, parameters=5, seconds=0.01, rung=1),
        answered("c", same, parameters=9, seconds=0.001, rung=0),
    ]
    assert JUDGE.choose(trials, everyone).chosen is trials[1]
    trials[1] = answered("b", same, parameters=5, seconds=0.02, rung=1)
    assert JUDGE.choose(trials, everyone).chosen is trials[0]


def test_a_tie_that_costs_more_than_the_margin_is_no_equal():
    better, worse = answered("large", chance(2.0), parameters=20), answered("small", chance(1.7), parameters=5)
    found = JUDGE.compare([better, worse])[worse.candidate.name]
    assert found.difference < -MARGIN
    assert JUDGE.choose([better, worse], everyone).chosen is better


def test_several_together_have_to_be_ahead_for_sure():
    single = answered("a", chance(2.0, 0))
    little = answered("a+b", chance(2.02, 1), joined=True)
    choice = JUDGE.choose([single, little], everyone)
    assert choice.chosen is single
    much = answered("a+c", chance(9), joined=True)
    assert JUDGE.choose([single, little, much], everyone).chosen is much


def test_who_may_not_be_chosen_is_compared_all_the_same():
    best, other = answered("a", chance(5)), answered("b", chance(1))
    choice = JUDGE.choose([best, other], lambda trial: trial is other)
    assert choice.chosen is other
    assert choice.compared[best.candidate.name].difference == 0


def test_nothing_complete_is_no_choice():
    trial = answered("a", chance(1))
    trial.status = "running"
    assert JUDGE.choose([trial], everyone) is None
    trial.status = "complete"
    assert JUDGE.choose([trial], lambda one: False) is None


@pytest.mark.parametrize("folds_done", [1, 3])
def test_a_trial_is_compared_on_the_cases_that_it_has_answered(folds_done):
    full, part = answered("a", chance(2)), answered("b", chance(2, 1))
    part.chances[part.fold >= folds_done] = np.nan
    compared = JUDGE.compare([full, part])
    seen = part.fold < folds_done
    alone = Judge(LABELS[seen], 1, GROUPS[seen], 0)
    for trial in (full, part):
        positives = trial.chances[seen & (LABELS == 1), 1]
        negatives = trial.chances[seen & (LABELS == 0), 1]
        auroc = np.mean(positives[:, None] > negatives[None])
        assert compared[trial.candidate.name].value == pytest.approx(auroc)
    assert alone.positive == 1
