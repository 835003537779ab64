"""The guard keeps the source's model unless nearly all evidence is for another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.guard import guard

BETTER = np.array([0.5, 0.6, 0.9])
"""The third is best."""
NAMES = ("entropy", "snd", "dev", "atc")


def all_say(scores, names=NAMES):
    return dict.fromkeys(names, scores)


def test_what_all_scores_are_for_is_used():
    found = guard(all_say(BETTER), collapsed=[None] * 3)
    assert (found.chosen, found.best, found.adapts) == (2, 2, True)
    assert found.sureness == pytest.approx(5 / 6)
    assert found.votes == dict.fromkeys(NAMES, 1.0)


def test_few_scores_are_no_evidence():
    found = guard(all_say(BETTER, NAMES[:2]), collapsed=[None] * 3)
    assert not found.adapts
    assert found.best == 2
    assert "0.75, 0.80 is needed" in found.reason


def test_scores_that_disagree_keep_the_source():
    mixed = {"entropy": BETTER, "snd": BETTER, "dev": -BETTER, "atc": -BETTER}
    found = guard(mixed, collapsed=[None] * 3)
    assert not found.adapts
    assert "more than half" in found.reason
    assert found.sureness == pytest.approx(0.5)


def test_an_objection_outweighs_all_scores():
    found = guard(all_say(BETTER), collapsed=[None] * 3, objection="there is nothing to mend")
    assert not found.adapts
    assert found.best == 2
    assert found.reason == "there is nothing to mend"


def test_what_has_collapsed_is_out():
    found = guard(all_say(BETTER), collapsed=[None, None, "one class takes all"])
    assert found.chosen == 1
    nobody = guard(all_say(BETTER), collapsed=[None, "so", "and so"])
    assert not nobody.adapts
    assert "no candidate is left" in nobody.reason


def test_draws_say_how_steady_a_score_is():
    """A gain that is noise over draws is no evidence, however many scores show it on average."""
    rng = np.random.default_rng(0)
    noise = {name: np.column_stack([np.zeros(200), 0.01 + rng.normal(size=200)]) for name in NAMES}
    steady = {name: np.column_stack([np.zeros(200), 0.01 + 0.001 * rng.normal(size=200)]) for name in NAMES}
    assert not guard(noise, collapsed=[None, None]).adapts
    assert guard(steady, collapsed=[None, None]).adapts


def test_equal_scores_are_half_a_vote():
    found = guard(all_say(np.zeros(2)), collapsed=[None, None])
    assert found.votes == dict.fromkeys(NAMES, 0.5)
    assert not found.adapts


def test_what_a_score_does_not_say_is_no_vote():
    silent = np.array([0.5, np.nan, np.nan])
    found = guard({**all_say(BETTER), "iwcv": silent}, collapsed=[None] * 3)
    assert "iwcv" not in found.votes
    assert found.chosen == 2
    nothing = guard({"iwcv": silent}, collapsed=[None] * 3)
    assert not nothing.adapts
    assert nothing.sureness == 0.5


@pytest.mark.parametrize("scores", [{}, {"snd": np.zeros(2)}, {"snd": np.zeros((2, 3, 3))}])
def test_shapes_that_do_not_fit_are_refused(scores):
    with pytest.raises(UsageError, match="a value a candidate"):
        guard(scores, collapsed=[None] * 3)


@given(st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
def test_no_order_of_scores_and_no_unit_matters(tables):
    scores = {str(number): np.array(row) for number, row in enumerate(tables)}
    one = guard(scores, collapsed=[None] * 3)
    other = guard({name: 4 * scores[name] for name in reversed(list(scores))}, collapsed=[None] * 3)
    assert (one.chosen, one.best) == (other.chosen, other.best)
    assert one.sureness == pytest.approx(other.sureness)
    assert 0 < one.sureness < 1
