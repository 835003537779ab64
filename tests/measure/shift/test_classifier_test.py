"""The classifier test against a ridge that is trained fold by fold, AUROC against scikit-learn, planted differences."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from medgraft.measure.shift import classifier_test as module
from medgraft.measure.shift.classifier_test import classifier_statistics, classifier_test, held_out_operator
from medgraft.measure.shift.permutation import allocations
from medgraft.measure.shift.sides import Sides


def _sides(seed: int, n: int = 40, m: int = 30, width: int = 6, shift: float = 0.0, groups: bool = False) -> Sides:
    random = np.random.default_rng(seed)
    first, second = random.normal(size=(n, width)), random.normal(size=(m, width))
    second[:, 0] += shift
    owners = (np.arange(n) // 2, np.arange(m) // 3) if groups else (None, None)
    return Sides.of(first, second, source_groups=owners[0], target_groups=owners[1])


@pytest.mark.parametrize(("width", "groups"), [(6, False), (6, True), (200, False)])
def test_the_operator_is_a_ridge_trained_on_the_other_folds(width: int, groups: bool) -> None:
    sides = _sides(1, width=width, shift=0.7, groups=groups)
    rows, codes = sides.standardised, sides.patients.codes
    signs = np.where(sides.is_target, 1.0, -1.0)
    fold = (np.random.default_rng((module._FOLDING, 5)).permutation(sides.patients.count) % module.FOLDS)[codes]
    expected = np.zeros(len(rows))
    for number in range(module.FOLDS):
        seen, held = fold != number, fold == number
        centred = rows[seen] - rows[seen].mean(axis=0)
        strength = module.STRENGTH * (centred**2).sum() / seen.sum()
        ridge = Ridge(alpha=strength).fit(rows[seen], signs[seen])
        expected[held] = ridge.predict(rows[held]) - signs[seen].mean()
    operator = held_out_operator(sides, repeats=1, seed=5)
    assert operator @ np.where(sides.patient_is_target, 1.0, -1.0) == pytest.approx(expected, abs=1e-8)


def test_auroc_against_scikit_learn_ties_and_all() -> None:
    sides = _sides(2, groups=True)
    operator = np.round(held_out_operator(sides), 2)
    targets = allocations(sides.patient_is_target, 5, 0)
    found = classifier_statistics(sides, operator, targets)
    scores = operator @ (2 * targets - 1)
    for column in range(6):
        truth = targets[sides.patients.codes, column]
        assert found[column] == pytest.approx(roc_auc_score(truth, scores[:, column]))


def test_a_planted_shift_is_learnt_and_names_its_cases() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(80, 10)), random.normal(size=(60, 10))
    second[:15, 3] += 8.0
    found = classifier_test(Sides.of(first, second), draws=199)
    assert found.p_value == pytest.approx(1 / 200)
    assert len(set(np.argsort(-found.scores)[:15]) & set(range(80, 95))) >= 12
    assert 0.2 < found.error < 0.48
    assert found.proxy_a_distance == pytest.approx(2 * (1 - 2 * found.error))
    apart = classifier_test(Sides.of(first, first[:50] + 9.0), draws=99)
    assert (apart.auroc, apart.error, apart.proxy_a_distance) == (1.0, 0.0, 2.0)


def test_the_level_holds_with_few_patients_and_uneven_sides() -> None:
    small = sum(classifier_test(_sides(seed, n=40, m=24, groups=True), draws=99).p_value <= 0.05 for seed in range(60))
    assert small <= 9, "5 % of 60 is 3; more than 9 has a chance of one in a thousand"
    errors = [classifier_test(_sides(seed, n=60, m=20), draws=1).error for seed in range(30)]
    assert np.mean(errors) == pytest.approx(0.5, abs=0.06)


def test_pictures_that_are_all_the_same_cannot_be_told_apart() -> None:
    found = classifier_test(Sides.of(np.ones((10, 3)), np.ones((9, 3))), draws=9)
    assert (found.auroc, found.p_value) == (0.5, 1.0)
