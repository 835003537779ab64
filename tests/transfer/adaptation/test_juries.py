"""Who judges, and what they can see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medgraft.transfer.adaptation.juries import CONSENSUS, LABELS, STAND_IN, jury_for
from medgraft.transfer.adaptation.stand_in import StandIn


def with_labels(pair, truth, known):
    labels = np.full(len(truth), -1, np.int64)
    labels[known] = truth[known]
    return replace(pair, target=replace(pair.target, labels=labels))


def test_the_best_evidence_judges(blinded, toys):
    toy = blinded(0)
    assert jury_for(toy.pair) is STAND_IN
    assert jury_for(with_labels(toy.pair, toy.truth, np.arange(9))) is STAND_IN
    assert jury_for(with_labels(toy.pair, toy.truth, np.arange(10))) is LABELS
    little = StandIn(toy.pair.stand_in.features, toy.pair.stand_in.acquisition, 1.0, 0.6)
    assert jury_for(replace(toy.pair, stand_in=little)) is CONSENSUS
    assert jury_for(toys("moved", 0).pair) is CONSENSUS


def test_every_jury_scores_what_can_be_tried_and_nothing_else(blinded):
    toy = blinded(0)
    names = ("source-only", "acquisition-matching", "standardise", "m3sda")
    for jury, pair in (
        (STAND_IN, toy.pair),
        (CONSENSUS, toy.pair),
        (LABELS, with_labels(toy.pair, toy.truth, np.arange(40))),
    ):
        scores = jury.judge(pair, names, 0)
        assert set(scores) == {"source-only", "acquisition-matching", "standardise"}, jury.name  # m3sda needs sites
        assert all(set(told) == {*jury.voting, *jury.told} for told in scores.values())
        assert scores == jury.judge(pair, names, 0)
        assert scores != jury.judge(pair, names, 1)


def test_a_stand_in_tells_by_the_sources_labels_what_the_target_will_show(blinded):
    """The order of methods on the stand-in is that on the target, whose labels are not seen."""
    toy = blinded(0)
    names = ("source-only", "acquisition-matching")
    scores = [STAND_IN.judge(toy.pair, names, number) for number in range(3)]
    for column in STAND_IN.voting:
        assert all(one["acquisition-matching"][column] > one["source-only"][column] for one in scores)


def test_too_few_cases_for_a_draw_are_no_vote(blinded):
    pair = blinded(0).pair
    rows = np.arange(24)
    source = replace(
        pair.source,
        features=pair.source.features[rows],
        labels=pair.source.labels[rows],
        groups=pair.source.groups[rows],
    )
    small = replace(pair, source=source, stand_in=pair.stand_in.take(rows))
    assert STAND_IN.judge(small, ("source-only",), 0) == {}
