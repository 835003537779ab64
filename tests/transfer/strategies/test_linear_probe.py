"""The probe finds what is there, nothing where there is nothing, and parts no group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medgraft.transfer.models.heads.grades import grade_chances, grade_questions
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases
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


def rooted(features):
    """The formula of the signed root, by itself."""
    rows = features.astype(np.float64)
    return np.sign(rows) * (np.sqrt(np.abs(rows) + 1e-3) - np.sqrt(1e-3))


def aurocs(given, done):
    return [roc_auc_score(given.labels, chances[:, 1]) for chances in done.out_of_fold.probability]


def test_random_labels_give_chance():
    """One draw of 120 cases has a standard deviation of 0.065 (measured over 40, scikit-learn's folds alike), so that
    0.12 would be missed by one draw in fourteen; the mean of 12 has 0.02. Folds that differ in C are pooled, which
    costs some 0.02 on noise, so that the limit is close above chance and wider below."""
    draws = [material(n=120, d=300, seed=seed) for seed in range(12)]
    found = np.mean([aurocs(given, fit(given, repeats=1)) for given in draws])
    assert 0.5 - 0.12 < found < 0.5 + 0.06


def test_out_of_fold_equals_scikit_learn_on_the_same_folds():
    given = material(n=90, d=150, signal=0.1, group=2)
    found = fit(given, strength=1e-3, repeats=1).out_of_fold
    rows = rooted(given.features)
    for number in np.unique(found.fold[0]):
        held = found.fold[0] == number
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, tol=1e-10, max_iter=10_000))
        model.fit(rows[~held], given.labels[~held])
        wanted = model.predict_proba(rows[held])
        np.testing.assert_allclose(found.probability[0, held], wanted, atol=2e-3)


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


def test_out_of_fold_covers_train_and_validation_once_a_repeat():
    given = material(n=90, classes=3, group=3)
    is_val = given.groups % 4 == 0
    found = fit(replace(given, is_val=is_val), folds=4, repeats=2).out_of_fold
    np.testing.assert_array_equal(found.rows, np.arange(90))
    assert (found.probability.shape, found.fold.shape) == ((2, 90, 3), (2, 90))
    np.testing.assert_allclose(found.probability.sum(axis=2), 1.0)
    assert all(set(fold) == set(range(4)) for fold in found.fold)


def test_a_class_of_few_groups_gets_fewer_folds():
    given = material(n=60)
    keep = np.concatenate([np.flatnonzero(given.labels == 0), np.flatnonzero(given.labels == 1)[:3]])
    few = replace(given, **{name: getattr(given, name)[keep] for name in ("features", "labels", "groups", "is_val")})
    found = fit(few, repeats=1).out_of_fold
    assert set(found.fold[0]) == {0, 1, 2}
    assert set(found.fold[0][few.labels == 1]) == {0, 1, 2}


def test_the_same_twice():
    given = material(signal=0.2)
    first, second = fit(given), fit(given)
    np.testing.assert_array_equal(first.head.weight, second.head.weight)
    np.testing.assert_array_equal(first.out_of_fold.probability, second.out_of_fold.probability)
    assert first.history == second.history


def by_group(labels, groups, *, folds, seed):
    """Folds that hang on no label, so that labels can be changed and the folds stay."""
    return groups % folds


@pytest.mark.parametrize("what", ["labels", "features"])
def test_held_out_cases_are_not_seen(monkeypatch, what):
    """Labels of a fold's held-out cases, and features of another held-out case, reach no model of that fold:
    neither through C nor through the standardisation or the axes."""
    monkeypatch.setattr("medgraft.data.cohort.folds.grouped_folds", by_group)
    given = material(signal=0.2)
    held = given.groups % 5 == 0
    changed = getattr(given, what).copy()
    if what == "labels":
        changed[held] = 1 - changed[held]
        same = held
    else:
        first = np.flatnonzero(held)[0]
        changed[first] *= 50
        same = held & (np.arange(len(held)) != first)
    one, other = (fit(item, repeats=1).out_of_fold for item in (given, replace(given, **{what: changed})))
    np.testing.assert_array_equal(one.fold[0] == 0, held)
    np.testing.assert_array_equal(one.probability[0, same], other.probability[0, same])
    assert (one.probability[0, ~held] != other.probability[0, ~held]).any(axis=1).all()


def test_twins_do_not_choose_the_strength():
    """Four equal cases a patient and no signal: C is small, unless the folds that choose it part patients."""
    given = material(n=120, d=60)
    given = replace(given, **{name: np.repeat(getattr(given, name)[:30], 4, axis=0) for name in ("features", "labels")})
    together, apart = replace(given, groups=np.arange(120) // 4), replace(given, groups=np.arange(120))
    assert fit(together, repeats=0).facts["C"] <= 1e-3
    assert fit(apart, repeats=0).facts["C"] >= 1e-1


def test_validation_cases_do_not_train_the_head():
    given = material(signal=0.2)
    is_val = np.arange(len(given.labels)) % 5 == 0
    flipped = np.where(is_val, 1 - given.labels, given.labels)
    one, other = (fit(replace(given, is_val=is_val, labels=labels), repeats=0) for labels in (given.labels, flipped))
    np.testing.assert_array_equal(one.head.weight, other.head.weight)
    np.testing.assert_array_equal(one.head.bias, other.head.bias)
    assert one.history == other.history
    moved = np.where(is_val[:, None], 10 * given.features, given.features)
    third = fit(replace(given, is_val=is_val, features=moved), repeats=0)
    np.testing.assert_array_equal(one.head.weight, third.head.weight)
    assert one.facts["training_cases"] == int((~is_val).sum())


def test_a_class_of_one_group_gets_no_folds():
    given = material(n=30)
    groups = given.groups.copy()
    groups[given.labels == 1] = 99
    done = fit(replace(given, groups=groups))
    assert done.out_of_fold is None
    assert done.history == [{"C": 1e-3, "log_loss": None, "chosen": True}]


@pytest.mark.parametrize("root", [True, False])
def test_a_given_strength_is_used(root):
    """The head is scikit-learn's at that strength, on the root of the features or on themselves."""
    given = material(signal=0.1)
    done = fit(given, strength=0.02, repeats=0, root=root)
    assert done.facts["C"] == 0.02
    assert done.history == [{"C": 0.02, "log_loss": None, "chosen": True}]
    assert done.head.rooted is root
    rows = StandardScaler().fit_transform(rooted(given.features) if root else given.features.astype(np.float64))
    wanted = LogisticRegression(C=0.02, tol=1e-10, max_iter=10_000).fit(rows, given.labels).predict_proba(rows)
    np.testing.assert_allclose(done.head.probabilities(given.features), wanted, atol=1e-3)


@pytest.mark.parametrize("signal", [0.1, 0.3])
def test_the_history_marks_what_was_chosen(signal):
    """With the weak signal the curve has its valley inside the grid, with the strong one at its end."""
    done = fit(material(signal=signal), repeats=0, root=False)
    losses = [row["log_loss"] for row in done.history]
    (place,) = [number for number, row in enumerate(done.history) if row["chosen"]]
    assert losses[place] == min(losses)
    assert done.history[place]["C"] == done.facts["C"]
    assert place == (len(losses) - 2 if signal == 0.1 else len(losses) - 1)


def test_large_cohorts_are_not_cross_validated(monkeypatch):
    monkeypatch.setattr("medgraft.transfer.strategies.crossvalidation.CV_LIMIT", 100)
    assert fit(material(n=100)).out_of_fold is None


def test_balanced_weights_raise_the_rare_class():
    given = material(n=200, signal=0.1)
    rare = np.flatnonzero(given.labels == 1)[10:]
    kept = np.setdiff1d(np.arange(200), rare)
    few = replace(given, **{name: getattr(given, name)[kept] for name in ("features", "labels", "groups", "is_val")})
    plain, balanced = (fit(few, class_weights=rule, repeats=0, strength=1e-4) for rule in ("none", "balanced"))
    means = [done.head.probabilities(few.features)[:, 1].mean() for done in (plain, balanced)]
    assert means[1] > means[0] + 0.1


@pytest.mark.parametrize("wrong", [{"lr": 1}, {"strength": 0}, {"folds": 1}, {"repeats": -1}, {"class_weights": "x"}])
def test_a_wrong_option(wrong):
    with pytest.raises(ValidationError):
        LinearProbeConfig(**wrong)


def several(unknown=0.3, seed=0, n=90, d=40):
    """Three labels, each told by a direction of its own, some of them unknown."""
    base, rng = material(n=n, d=d, group=2, seed=seed), np.random.default_rng(seed)
    truth = (rng.random((n, 3)) < (0.5, 0.4, 0.3)).astype(np.int64)
    features = (base.features + 3 * truth @ rng.normal(size=(3, d))).astype(np.float32)
    labels = np.where(rng.random(truth.shape) < unknown, -1, truth)
    return replace(base, features=features, labels=labels, n_classes=3, label_names=("a", "b", "c")), truth


def test_several_labels_are_logistic_regressions_on_their_known_cases():
    """scikit-learn's on the same standardised features, the strength of each label as it was chosen."""
    given, truth = several()
    done = fit(given)
    rows = StandardScaler().fit_transform(rooted(given.features))
    chances = done.head.answers(given.bags)
    for column, strength in enumerate(done.facts["C"]):
        known = given.labels[:, column] >= 0
        peer = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(rows[known], given.labels[known, column])
        np.testing.assert_allclose(chances[:, column], peer.predict_proba(rows)[:, 1], atol=2e-4)
    assert {row["label"] for row in done.history} == {"a", "b", "c"}
    assert done.out_of_fold.probability.shape == (3, 90, 3)
    found = [roc_auc_score(truth[:, c], done.out_of_fold.probability[0, :, c]) for c in range(3)]
    assert min(found) > 0.75


def test_what_is_unknown_of_one_label_does_not_change_the_chances_of_another():
    given, _ = several(unknown=0.1)
    before = LinearProbe(LinearProbeConfig()).probe(given).head.answers(given.bags)
    for seed in range(3):
        labels = given.labels.copy()
        labels[np.random.default_rng(seed).random(len(labels)) < 0.5, 1] = -1
        after = LinearProbe(LinearProbeConfig()).probe(replace(given, labels=labels)).head.answers(given.bags)
        np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])
        assert np.abs(after[:, 1] - before[:, 1]).max() > 1e-3


def test_a_label_that_nobody_knows_is_even_odds():
    given, _ = several()
    labels = given.labels.copy()
    labels[:, 2] = -1
    head = LinearProbe(LinearProbeConfig()).probe(replace(given, labels=labels)).head
    np.testing.assert_array_equal(head.answers(given.bags)[:, 2], 0.5)


def test_grades_are_a_chain_of_logistic_regressions(tmp_path):
    """Each question against scikit-learn's, fitted on the cases that it is asked of."""
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(4)
    grades = rng.integers(0, 4, 200)
    features = rng.normal(size=(200, 6)).astype(np.float32)
    features[:, 0] += 0.8 * grades
    cases = Cases(features, grade_questions(grades, 4), np.arange(200), 4)
    probe = LinearProbe(LinearProbeConfig(strength=0.1, root=False))
    found = probe.fitted(cases, inner_folds=3, seed=0, link="grades")
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    steps = []
    for step in range(3):
        asked = grades >= step
        model = LogisticRegression(C=0.1, tol=1e-10, max_iter=5000).fit(scaled[asked], grades[asked] > step)
        steps.append(expit(model.decision_function(scaled)))
    chances = grade_chances(np.stack(steps, axis=1))
    np.testing.assert_allclose(found.chances(features), chances, atol=1e-4)
    np.testing.assert_allclose(found.head(rooted=False).probabilities(features), chances, atol=1e-4)
