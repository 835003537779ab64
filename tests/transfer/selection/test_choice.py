"""Of equals the smallest; a joined source only where it is ahead for sure."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from medgraft.data.cohort.folds import grouped_folds
from medgraft.transfer.selection.choice import MARGIN, Judge
from medgraft.transfer.selection.trial import Candidate, Source, Trial

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


def planted_source(name, columns, parts=()):
    """Of columns in independent noise 0 and 4 tell the class, each on its own; 8 to 11 know nothing."""
    rng = np.random.default_rng(7)
    groups = np.arange(400) // 2
    labels = (groups % 2).astype(np.int64)
    features = rng.normal(size=(400, 12))
    features[:, 0] += 1.3 * labels
    features[:, 4] += 1.3 * labels
    dims = [SimpleNamespace(name=part, feature_dim=4) for part in parts]
    material = replace(
        source().material,
        features=features[:, columns].astype(np.float32),
        labels=labels,
        groups=groups,
        is_val=np.zeros(400, bool),
        index=np.arange(400),
        backbone=SimpleNamespace(facts=SimpleNamespace(name=name, parts=tuple(dims))),
    )
    return Source(name, material, 0.01, 10 * max(1, len(parts)), joined=bool(parts), trainable=not parts)


def tried(one, kind, tmp_path):
    given = replace(one, material=replace(one.material, checkpoints=tmp_path))
    fold = grouped_folds(given.material.labels, given.material.groups, folds=5, seed=0)
    trial = Trial(Candidate(given, {"kind": kind}, 0), fold)
    while trial.status == "running":
        trial.next_fold()
    return trial


@pytest.mark.parametrize("kind", ["linear-probe", "stacked"])
def test_a_second_backbone_of_noise_is_not_kept_and_a_complementary_one_is(kind, tmp_path):
    a, b, c = list(range(4)), list(range(4, 8)), list(range(8, 12))
    single = [
        tried(planted_source(name, part), "linear-probe", tmp_path) for name, part in (("a", a), ("b", b), ("c", c))
    ]
    noise = tried(planted_source("a+c", a + c, ("a", "c")), kind, tmp_path)
    more = tried(planted_source("a+b", a + b, ("a", "b")), kind, tmp_path)
    judge = Judge(more.candidate.source.material.labels, 1, more.candidate.source.material.groups, 0)
    assert judge.choose([*single, noise], everyone).chosen in single[:2]
    assert judge.choose([*single, noise, more], everyone).chosen is more
