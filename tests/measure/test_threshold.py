"""Choosing a cut, and calling classes by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import DataError, UsageError
from medgraft.measure.threshold import choose_threshold, cut_between, predicted_class


def test_a_clean_split_is_cut_midway() -> None:
    assert choose_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.9])) == pytest.approx(0.4)


def test_among_equal_cuts_the_lowest_wins() -> None:
    # Above 0.1 and above 0.3 both give J = 0.5; the lower one finds every positive case.
    truth, score = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4])
    assert choose_threshold(truth, score) == pytest.approx(0.15)


def test_scores_that_say_nothing_are_cut_at_one_half() -> None:
    assert choose_threshold(np.array([0, 1]), np.array([0.2, 0.2])) == 0.5
    assert choose_threshold(np.array([1, 0]), np.array([0.2, 0.8])) == 0.5


def test_neighbouring_floats_are_still_told_apart() -> None:
    lower = 0.3
    upper = float(np.nextafter(lower, 1))
    cut = choose_threshold(np.array([0, 1]), np.array([lower, upper]))
    assert lower < cut <= upper
    assert cut_between(0.2, 0.4) == pytest.approx(0.3)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=30))
def test_no_cut_has_a_greater_youden_index(cases: list[tuple[bool, int]]) -> None:
    truth = np.array([one for one, _ in cases])
    score = np.array([value / 8 for _, value in cases])
    if truth.all() or not truth.any():
        return

    def youden(cut: float) -> float:
        called = score >= cut
        return float(called[truth].mean() - called[~truth].mean())

    best = max(youden(cut) for cut in np.linspace(-0.05, 1.05, 89))
    cut = choose_threshold(truth, score)
    if best > 1e-12:
        assert youden(cut) == pytest.approx(best)
    else:
        assert cut == 0.5
    order = np.random.default_rng(0).permutation(len(truth))
    assert choose_threshold(truth[order], score[order]) == cut


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(DataError, match="0 positive"):
        choose_threshold(np.zeros(3), np.array([0.1, 0.2, 0.3]))
    with pytest.raises(UsageError, match="no rule 'best'"):
        choose_threshold(np.array([0, 1]), np.array([0.1, 0.2]), rule="best")
    with pytest.raises(UsageError, match="finite"):
        choose_threshold(np.array([0, 1]), np.array([0.1, np.nan]))


def test_calling_classes() -> None:
    chances = np.array([[0.8, 0.2], [0.7, 0.3], [0.5, 0.5]])
    assert predicted_class(chances).tolist() == [0, 0, 0]
    assert predicted_class(chances, 0.3, 1).tolist() == [0, 1, 1]
    assert predicted_class(chances, 0.6, 0).tolist() == [0, 0, 1]
    assert predicted_class(chances[None], 0.3, 1).shape == (1, 3)


def test_a_threshold_needs_two_classes_and_a_positive_one() -> None:
    with pytest.raises(UsageError, match="two classes"):
        predicted_class(np.full((2, 3), 1 / 3), 0.5, 1)
    with pytest.raises(UsageError, match="two classes"):
        predicted_class(np.full((2, 2), 0.5), 0.5, None)
