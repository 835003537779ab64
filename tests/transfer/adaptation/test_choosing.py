"""``auto``: gains where a shift can be mended, keeps the source's model where nothing is to be mended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.adaptation import ADAPTATIONS
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, adapt_automatically, served
from medgraft.transfer.adaptation.stand_in import StandIn


def with_labels(toy, rows):
    labels = np.full(len(toy.truth), -1, np.int64)
    labels[rows] = toy.truth[rows]
    return replace(toy.pair, target=replace(toy.pair.target, labels=labels))


def test_over_seeds_it_gains_on_what_can_be_mended(toys):
    gains = []
    for seed in range(3):
        toy = toys("moved", seed)
        choice = adapt_automatically(toy.pair, draws=2)
        after, before = (choice.results[name].probability for name in (choice.chosen, SOURCE_ONLY))
        gains.append(toy.accuracy(after) - toy.accuracy(before))
        assert choice.names[0] == SOURCE_ONLY
        assert set(choice.scores) == {"entropy", "snd", "infomax", "consensus", "iwcv", "dev"}
        assert set(choice.verdict.votes) == {"consensus"}
    assert min(gains) >= -0.01
    assert np.mean(gains) > 0.02


def test_without_a_shift_the_source_is_kept(toys):
    choice = adapt_automatically(toys("moved", 3).pair, shifted=False, draws=2)
    assert choice.chosen == SOURCE_ONLY
    assert "nothing to mend" in choice.verdict.reason


def test_of_other_shares_only_what_holds_under_them_is_tried(toys):
    pair = toys("other-shares", 0).pair
    names = served(pair, labels_only=True)
    assert "label-shift" in names
    assert not any(ADAPTATIONS.get(name).same_shares for name in names)
    assert "coral" in served(pair)


def test_labels_decide_alone_and_judge_no_case_they_taught(toys):
    toy = toys("moved", 1, 2, 2.5)
    pair = with_labels(toy, np.arange(40))
    choice = adapt_automatically(pair, draws=3)
    assert set(choice.scores) == {"labels", "order", "iwcv", "dev"}
    assert set(choice.verdict.votes) == {"labels", "order"}
    assert "pooled-labels" in choice.names
    assert choice.chosen != SOURCE_ONLY
    rest = np.arange(40, 200)
    after, before = (choice.results[name].probability[rest] for name in (choice.chosen, SOURCE_ONLY))
    truth = toy.truth[rest]
    assert (after.argmax(1) == truth).mean() > (before.argmax(1) == truth).mean()


def test_wrong_labels_change_what_is_chosen(toys):
    """The scores read the labels that are given, no others."""
    toy = toys("moved", 1, 2, 2.5)
    right = adapt_automatically(with_labels(toy, np.arange(40)), draws=2)
    labels = np.full(200, -1, np.int64)
    labels[:40] = 1 - toy.truth[:40]
    wrong = adapt_automatically(replace(toy.pair, target=replace(toy.pair.target, labels=labels)), draws=2)
    assert np.nanmax(wrong.scores["labels"][:, 0]) < np.nanmin(right.scores["labels"][:, 0])


def test_it_is_the_same_each_time_and_needs_the_source(toys):
    pair = toys("moved", 2).pair
    one, two = (adapt_automatically(pair, draws=1) for _ in range(2))
    assert one.verdict == two.verdict
    with pytest.raises(UsageError, match="give the source's data"):
        adapt_automatically(replace(pair, source=None), draws=1)


def test_what_a_stand_in_shows_to_help_is_used(blinded):
    toy = blinded(0)
    choice = adapt_automatically(toy.pair, draws=2)
    assert choice.jury == "stand-in"
    assert set(choice.scores) == {"stand-in", "stand-in order", "iwcv", "dev"}
    after, before = (choice.results[name].probability for name in (choice.chosen, SOURCE_ONLY))
    assert toy.accuracy(after) > toy.accuracy(before) + 0.1
    assert set(choice.alone) == set(choice.names) - {SOURCE_ONLY}
    assert choice.alone[choice.chosen].adapts  # what wins among all is taken alone, too


def test_what_no_acquisition_explains_is_not_adapted_to(blinded):
    pair = blinded(0).pair
    unlike = StandIn(pair.stand_in.features, pair.stand_in.acquisition, 1.0, 0.7)
    choice = adapt_automatically(replace(pair, stand_in=unlike), draws=1)
    assert choice.chosen == SOURCE_ONLY
    assert "30% of what differs" in choice.verdict.reason
    nothing = replace(pair, stand_in=StandIn(pair.source.features, (), 1.0, 1.0))
    assert "acquisition-matching" not in served(nothing)
