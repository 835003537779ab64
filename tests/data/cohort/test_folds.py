"""Folds and parts: groups whole, classes even, the same again, as good as scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.cohort.folds import assign_parts, grouped_folds
from medgraft.errors import CohortError


def _cases(seed: int, patients: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Patients with 1–6 cases, mostly of one class."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(patients), rng.integers(1, 7, patients))
    usual = rng.integers(0, classes, patients)[groups]
    other = rng.integers(0, classes, len(groups))
    return np.where(rng.random(len(groups)) < 0.8, usual, other).astype(np.int64), groups.astype(np.int64)


def _spread(labels: np.ndarray, fold: np.ndarray, folds: int) -> float:
    """Largest distance of a class's share in a fold from 1 / folds."""
    shares = [np.mean(fold[labels == name] == f) for name in np.unique(labels) for f in range(folds)]
    return float(np.max(np.abs(np.asarray(shares) - 1 / folds)))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(5, 60), st.integers(1, 4), st.integers(2, 5))
def test_no_group_is_in_two_folds(seed: int, patients: int, classes: int, folds: int) -> None:
    labels, groups = _cases(seed, patients, classes)
    fold = grouped_folds(labels, groups, folds=folds, seed=seed)
    assert fold.shape == labels.shape
    assert set(np.unique(fold)) <= set(range(folds))
    assert all(len(set(fold[groups == group])) == 1 for group in np.unique(groups))
    np.testing.assert_array_equal(fold, grouped_folds(labels, groups, folds=folds, seed=seed))


def test_another_seed_gives_other_folds() -> None:
    labels, groups = _cases(1, 60, 2)
    assert (grouped_folds(labels, groups, folds=5, seed=0) != grouped_folds(labels, groups, folds=5, seed=1)).any()


@pytest.mark.parametrize("seed", range(4))
def test_as_even_as_scikit_learn(seed: int) -> None:
    model_selection = pytest.importorskip("sklearn.model_selection")
    labels, groups = _cases(seed, 150, 3)
    ours = _spread(labels, grouped_folds(labels, groups, folds=5, seed=seed), 5)
    theirs = np.zeros(len(labels), dtype=np.int64)
    splitter = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    for index, (_, test) in enumerate(splitter.split(labels, labels, groups)):
        theirs[test] = index
    assert ours <= _spread(labels, theirs, 5) + 0.02
    assert ours < 0.04


def test_single_cases_are_stratified_to_the_case() -> None:
    labels = np.repeat(["a", "b"], [100, 50])
    fold = grouped_folds(labels, np.arange(150), folds=5, seed=3)
    assert [int(np.sum((fold == f) & (labels == "a"))) for f in range(5)] == [20] * 5
    assert [int(np.sum((fold == f) & (labels == "b"))) for f in range(5)] == [10] * 5


def test_fewer_groups_than_folds_is_an_error() -> None:
    with pytest.raises(CohortError, match="only 2 independent groups"):
        grouped_folds(np.array([0, 1, 0]), np.array([0, 1, 0]), folds=5, seed=0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(3, 8), st.integers(2, 4))
def test_a_rare_class_stands_in_every_part(seed: int, rare: int, classes: int) -> None:
    labels = np.concatenate([np.zeros(80, dtype=np.int64), np.repeat(np.arange(1, classes), rare)])
    part = assign_parts(labels, np.arange(len(labels)), fractions=(0.64, 0.16, 0.2), seed=seed)
    for name in range(classes):
        assert set(part[labels == name]) == {0, 1, 2}


def test_parts_have_their_fractions() -> None:
    labels, groups = _cases(5, 400, 2)
    part = assign_parts(labels, groups, fractions=(0.64, 0.16, 0.2), seed=0)
    assert np.allclose([np.mean(part == p) for p in range(3)], (0.64, 0.16, 0.2), atol=0.01)


def test_a_class_of_too_few_groups_is_named() -> None:
    labels = np.array(["a"] * 20 + ["odd"] * 4)
    groups = np.concatenate([np.arange(20), [20, 20, 21, 21]])
    with pytest.raises(CohortError, match=r"'odd' has only 2 independent groups .* at least 3"):
        assign_parts(labels, groups, fractions=(0.64, 0.16, 0.2), seed=0)
    part = assign_parts(labels, groups, fractions=(0.8, 0.2), seed=0)
    assert set(part[labels == "odd"]) == {0, 1}


def test_classes_that_cannot_be_parted_are_an_error() -> None:
    labels, groups = np.array(list("abbcca")), np.array([0, 0, 1, 1, 2, 2])
    with pytest.raises(CohortError, match="cannot stand in every part"):
        assign_parts(labels, groups, fractions=(0.5, 0.5), seed=0)
