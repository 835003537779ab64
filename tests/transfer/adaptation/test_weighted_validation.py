"""IWCV and DEV of candidates: who has held-out answers, whose error is counted, and where nothing can be weighed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.measure.unlabelled.catalogue import BUILT_IN
from medgraft.transfer.adaptation.adaptation import Adapted
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.adaptation.weighted_validation import WEIGHTED, weighted_validation

ANSWERING = ("standardise", "coral", "subspace-alignment", "linear-optimal-transport", "importance-weighting")
WITHOUT = ("optimal-transport", "label-shift", "pseudo-labels", "shot")


def results(pair, *names):
    return {name: (kind := ADAPTATIONS.get(name))(kind.Config()).adapt(pair) for name in ("source-only", *names)}


def test_they_are_the_scores_of_the_catalogue():
    assert set(WEIGHTED) <= {score.name for score in BUILT_IN}


def test_who_has_held_out_answers_is_scored_and_no_one_else(toys):
    pair = toys("moved", 0).pair
    names = (*ANSWERING, *WITHOUT)
    found = weighted_validation(pair, results(pair, *names))
    for table in found.values():
        assert table.shape == (1, 1 + len(names))
        said = dict(zip(("source-only", *names), np.isfinite(table[0]), strict=True))
        assert all(said[name] for name in ("source-only", *ANSWERING))
        assert not any(said[name] for name in WITHOUT)


def test_held_out_answers_are_of_the_source_and_not_perfect(toys):
    pair = toys("moved", 0).pair
    labels = np.where(np.arange(200) < 10, toys("moved", 0).truth, -1)
    pair = replace(pair, target=replace(pair.target, labels=labels))
    for name in ("coral", "pooled-labels"):
        held_out = results(pair, name)[name].held_out
        assert held_out.shape == (200, 2)
        assert 0.9 < (held_out.argmax(axis=1) == pair.source.labels).mean() <= 1


def test_without_a_shift_it_is_the_error_of_the_answers(toys):
    """Both sides are the same cases: the weights are about 1."""
    pair = toys("moved", 2).pair
    pair = replace(pair, target=replace(pair.target, features=pair.source.features))
    labels = pair.source.labels.copy()
    labels[:20] = 1 - labels[:20]
    told = Adapted(pair.head, pair.before, held_out=np.eye(2)[labels])
    found = weighted_validation(pair, {"one": told})
    assert found["iwcv"][0, 0] == pytest.approx(-0.1, abs=0.03)
    assert found["dev"][0, 0] == pytest.approx(-0.1, abs=0.03)


def test_errors_count_where_the_target_is(toys):
    """The target is the source's upper half in one column: only errors there are of weight."""
    pair = toys("moved", 3).pair
    upper = pair.source.features[:, 5] > 0
    there = np.tile(pair.source.features[upper], (2, 1))[:200]
    pair = replace(pair, target=replace(pair.target, features=there, groups=np.arange(1000, 1000 + len(there))))
    wrong = 1 - pair.source.labels
    for where, other in ((upper, ~upper), (~upper, upper)):
        labels = np.where(where, wrong, pair.source.labels)
        score = weighted_validation(pair, {"one": Adapted(pair.head, pair.before, held_out=np.eye(2)[labels])})
        elsewhere = np.where(other, wrong, pair.source.labels)
        against = weighted_validation(pair, {"one": Adapted(pair.head, pair.before, held_out=np.eye(2)[elsewhere])})
        assert (score["iwcv"][0, 0] < against["iwcv"][0, 0] - 0.3) == bool(where is upper)


def test_where_nothing_looks_like_the_target_nothing_is_said(toys):
    pair = toys("moved", 0).pair
    far = replace(pair, target=replace(pair.target, features=pair.target.features + 50))
    assert np.isnan(weighted_validation(far, results(far))["iwcv"][0, 0])
    brought = Adapted(
        far.head,
        far.before,
        moved=lambda: Moved("source", pair.source.features + 50.0, far.target.features.astype(float)),
        held_out=np.eye(2)[pair.source.labels],
    )
    assert np.isfinite(weighted_validation(far, {"one": brought})["dev"][0, 0])
