"""The probe finds what is there, nothing where there is nothing, and parts no group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.strategy import Material


def material(n=120, d=200, classes=2, signal=0.0, group=1, seed=0):
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // group
    labels = rng.permutation(np.arange(groups[-1] + 1) % classes)[groups]
    features = rng.normal(size=(n, d)) + signal * labels[:, None] * rng.normal(size=d)
    if group > 1:  # cases of one patient look alike
        features += 3 * rng.normal(size=(groups[-1] + 1, d))[groups]
    return Material(
        features=features.astype(np.float32),
        labels=labels.astype(np.int64),
        groups=groups.astype(np.int64),
        is_val=np.zeros(n, bool),
        index=np.arange(n, dtype=np.int64),
        n_classes=classes,
        pixels=lambda rows: pytest.fail("a probe looks at no pixels"),
        backbone=None,
        modality="unknown",
        checkpoints=Path("nowhere"),
    )


def fit(given, **config):
    return LinearProbe(LinearProbeConfig(**config)).fit(given)


def aurocs(given, done):
    return [roc_auc_score(given.labels, chances[:, 1]) for chances in done.out_of_fold.probability]


def test_no_signal_gives_no_optimism():
    """Chance level over draws, also where the cases of a patient look alike."""
    for group in (1, 4):
        found = [np.mean(aurocs(given := material(group=group, seed=seed), fit(given))) for seed in range(6)]
        assert abs(np.mean(found) - 0.5) < 0.1


def test_a_signal_is_found():
    given = material(signal=0.5)
    done = fit(given)
    assert min(aurocs(given, done)) > 0.95
    test = material(signal=0.5)
    assert (done.head.probabilities(test.features).argmax(1) == test.labels).mean() > 0.95


def test_three_classes():
    given = material(n=150, classes=3, signal=0.5)
    done = fit(given, repeats=1)
    chances = done.out_of_fold.probability[0]
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    assert roc_auc_score(given.labels, chances, multi_class="ovr") > 0.9


def test_a_group_is_in_one_fold():
    done = fit(material(group=3), repeats=2)
    for fold in done.out_of_fold.fold:
        for group in range(40):
            assert len(set(fold[3 * group : 3 * group + 3])) == 1
    assert len({tuple(fold) for fold in done.out_of_fold.fold}) == 2


def test_the_same_twice():
    given = material(signal=0.2)
    first, second = fit(given), fit(given)
    np.testing.assert_array_equal(first.head.weight, second.head.weight)
    np.testing.assert_array_equal(first.out_of_fold.probability, second.out_of_fold.probability)
    assert first.history == second.history


def test_held_out_cases_are_not_seen():
    """Another label of a held-out case does not move its own prediction, through C, scale or anything else."""
    given = material(signal=0.2)
    done = fit(replace(given), repeats=1)
    fold = done.out_of_fold.fold[0]
    other = given.features.copy()
    other[fold == 0] *= 50
    # The folds hang on labels and groups only, so they are the same; fold 0's features reach no model of fold 0.
    again = LinearProbe(LinearProbeConfig(repeats=1)).fit(replace(given, features=other))
    np.testing.assert_array_equal(again.out_of_fold.fold[0], fold)
    same = LinearProbe(LinearProbeConfig())._fit
    from medgraft.transfer.strategies.linear_probe import _Cases

    held = fold == 0
    heads = []
    for features in (given.features, other):
        cases = _Cases(features, given.labels, given.groups, 2).take(~held)
        heads.append(same(cases, inner_folds=3, seed=0).parameters)
    np.testing.assert_array_equal(*heads)


def test_validation_cases_do_not_train_the_head():
    given = material(signal=0.2)
    is_val = np.arange(len(given.labels)) % 5 == 0
    flipped = np.where(is_val, 1 - given.labels, given.labels)
    one, other = (fit(replace(given, is_val=is_val, labels=labels), repeats=0) for labels in (given.labels, flipped))
    np.testing.assert_array_equal(one.head.weight, other.head.weight)
    assert one.facts["training_cases"] == int((~is_val).sum())


def test_a_class_of_one_group_gets_no_folds():
    given = material(n=30)
    groups = given.groups.copy()
    groups[given.labels == 1] = 99
    done = fit(replace(given, groups=groups))
    assert done.out_of_fold is None
    assert done.history == [{"C": 1e-3, "log_loss": None, "chosen": True}]


def test_a_given_strength_is_used():
    done = fit(material(), strength=0.02, repeats=0)
    assert done.facts["C"] == 0.02


def test_the_history_marks_what_was_chosen():
    done = fit(material(signal=0.3), repeats=0)
    (chosen,) = [row for row in done.history if row["chosen"]]
    assert chosen["log_loss"] == min(row["log_loss"] for row in done.history)
    assert chosen["C"] == done.facts["C"]


def test_large_cohorts_are_not_cross_validated(monkeypatch):
    monkeypatch.setattr("medgraft.transfer.strategies.linear_probe.CV_LIMIT", 100)
    assert fit(material(n=100)).out_of_fold is None


def test_balanced_weights_raise_the_rare_class():
    given = material(n=200, signal=0.1)
    rare = np.flatnonzero(given.labels == 1)[10:]
    kept = np.setdiff1d(np.arange(200), rare)
    few = replace(given, **{name: getattr(given, name)[kept] for name in ("features", "labels", "groups", "is_val")})
    plain, balanced = (fit(few, class_weights=rule, repeats=0, strength=1e-4) for rule in ("none", "balanced"))
    means = [done.head.probabilities(few.features)[:, 1].mean() for done in (plain, balanced)]
    assert means[1] > means[0] + 0.1


def test_closed_config():
    with pytest.raises(ValidationError):
        LinearProbeConfig(lr=1)
