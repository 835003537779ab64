"""A candidate answers for the cases that it has not seen, fold by fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.cohort.folds import grouped_folds
from medgraft.transfer.selection.trial import Candidate, Trial, answers_of, fold_material, part_of
from medgraft.transfer.strategies.strategy import Transferred

from .conftest import CLOCK, FITTED, source


def folds(one):
    return grouped_folds(one.material.labels, one.material.groups, folds=5, seed=0)


@pytest.mark.parametrize("kind", ["planted", "trained"])
def test_who_answers_was_not_seen_and_no_group_is_parted(kind, tmp_path):
    one = source(folder=tmp_path)
    fold = folds(one)
    trial = Trial(Candidate(one, {"kind": kind}, 0), fold)
    while trial.status == "running":
        trial.next_fold(clock=CLOCK)
    assert trial.status == "complete"
    assert trial.folds_done == trial.folds == 5
    assert trial.seen.all()
    assert trial.seconds == pytest.approx(5.0)
    for number, (_, given) in enumerate(FITTED):
        held = np.flatnonzero(fold == number)
        assert not set(given.index) & set(held)
        assert not set(given.groups) & set(one.material.groups[held])
        assert given.is_val.any() == (kind == "trained")
        if kind == "trained":
            np.testing.assert_array_equal(np.unique(fold[given.index[given.is_val]]), [(number + 1) % 5])
    np.testing.assert_allclose(trial.chances.sum(axis=1), 1.0)


def test_the_answers_are_those_of_the_head(tmp_path):
    one = source(folder=tmp_path)
    trial = Trial(Candidate(one, {"kind": "planted", "sharp": 1.0}, 0), folds(one))
    trial.next_fold(clock=CLOCK)
    held = trial.seen
    expected = 1 / (1 + np.exp(-one.material.features[held, 0].astype(float)))
    np.testing.assert_allclose(trial.chances[held, 1], expected, rtol=1e-6)
    assert np.isnan(trial.chances[~held]).all()


def test_a_training_that_was_cut_short_gets_as_many_epochs_later(tmp_path):
    one = source(folder=tmp_path)
    trial = Trial(Candidate(one, {"kind": "trained", "seconds": 4.0}, 0), folds(one))
    trial.next_fold(until=CLOCK.now + 2.5, clock=CLOCK)
    assert trial.epochs == 2
    trial.next_fold(clock=CLOCK)
    assert trial.epochs == 2
    assert trial.seconds == pytest.approx(4.0)


def test_pixels_of_a_fold_are_those_of_its_cases(tmp_path):
    one = source(folder=tmp_path)
    fold = folds(one)
    asked = []
    material = one.material.__class__(
        **{**vars(one.material), "pixels": lambda rows: asked.append(rows) or np.zeros((len(rows), 1, 8, 8))}
    )
    part = fold_material(material, fold, 2, needs_validation=False)
    part.pixels(np.array([0, 3]))
    np.testing.assert_array_equal(asked[0], np.flatnonzero(fold != 2)[[0, 3]])


def test_a_network_with_new_weights_answers_by_its_own_features(tmp_path):
    import torch
    from torch import nn

    class Backbone:
        facts = source(folder=tmp_path).material.backbone.facts

        def build(self, channels, state=None):
            network = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
            network.load_state_dict({name: torch.from_numpy(item) for name, item in state.items()})
            return network

    one = source(folder=tmp_path)
    pixels = np.random.default_rng(0).random((120, 1, 8, 8)).astype(np.float32)
    given = {**vars(one.material), "backbone": Backbone(), "pixels": lambda rows: pixels[rows]}
    material = one.material.__class__(**given)
    state = {"1.weight": np.ones((2, 64), np.float32), "1.bias": np.zeros(2, np.float32)}
    head = Trial(Candidate(one, {"kind": "planted"}, 0), folds(one)).candidate.source.material
    from medgraft.transfer.models.heads.linear import LinearHead

    linear = LinearHead(np.array([[0, 0], [1, 0]], np.float32), np.array([0, -32], np.float32))
    rows = np.array([5, 7])
    answers = answers_of(Transferred(linear, backbone_state=state), material, rows)
    logits = pixels[rows].reshape(2, -1).sum(axis=1) - 32
    np.testing.assert_allclose(answers[:, 1], 1 / (1 + np.exp(-logits.astype(float))), rtol=1e-4)
    assert head is one.material


def test_a_teacher_answers_for_the_cases_of_the_part(tmp_path):
    material = source(folder=tmp_path).material
    answers = np.arange(len(material.labels) * 2, dtype=float).reshape(-1, 2)
    taught = replace(material, teacher=lambda: answers)
    rows = np.array([4, 1])
    np.testing.assert_array_equal(part_of(taught, rows, np.zeros(2, bool), "x").teacher(), answers[rows])
    assert part_of(material, rows, np.zeros(2, bool), "x").teacher is None
