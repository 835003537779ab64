"""Each sign of a collapse, and what is none."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.adaptation.collapse import collapse_reason

EVEN = np.array([0.5, 0.5])


def answers(labels, sure=0.9):
    return np.where(np.arange(2) == np.asarray(labels)[:, None], sure, 1 - sure)


HALF = np.arange(100) % 2


def test_one_class_takes_all():
    assert "called in 100% of the cases" in collapse_reason(answers(HALF), answers(np.zeros(100, int)), EVEN)


def test_one_class_may_take_all_where_that_is_expected():
    alone = answers(np.zeros(100, int), 0.95)
    assert collapse_reason(alone, alone, EVEN) is None


def test_calls_that_are_one_sided():
    assert "one-sided" in collapse_reason(answers(HALF), answers((np.arange(100) % 10 == 0).astype(int)), EVEN)


def test_a_broken_source_is_no_measure():
    """It called all cases one class; whoever finds both has not collapsed."""
    assert collapse_reason(answers(np.zeros(100, int), 0.95), answers(HALF), EVEN) is None


def test_no_doubt_and_most_calls_turned():
    assert "hardly any doubt" in collapse_reason(answers(HALF, 0.6), answers(1 - HALF, 0.9999), EVEN)
    assert collapse_reason(answers(HALF, 0.6), answers(HALF, 0.9999), EVEN) is None
    assert collapse_reason(answers(HALF, 0.6), answers(1 - HALF, 0.7), EVEN) is None


def test_nothing_happened():
    assert collapse_reason(answers(HALF), answers(HALF), EVEN) is None
