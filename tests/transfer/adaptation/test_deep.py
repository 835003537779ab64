"""Options of the deep methods reach the loop and the loss that they are for."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.adaptation import domain_training
from medgraft.transfer.adaptation.adaptation import Adapted
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.deep import DeepConfig, adapt_deep, central
from medgraft.transfer.adaptation.losses.catalogue import LOSSES
from medgraft.transfer.adaptation.losses.loss import Layout
from medgraft.transfer.adaptation.mcc import MccConfig


def test_every_deep_method_has_its_loss():
    deep = {name for name, member in ADAPTATIONS.items() if issubclass(member.Config, DeepConfig)}
    assert deep == set(LOSSES)


def test_own_options_go_to_the_loss_and_shared_ones_to_the_loop(monkeypatch, toys):
    seen = {}

    def trained(make, course, pair, sites):
        seen.update(make=make, course=course)
        return run_of([0, 1])

    monkeypatch.setattr(domain_training, "train_across", trained)
    adapt_deep("mcc", MccConfig(temperature=3.5, steps=7, weight=0.25), toys("moved", 0).pair)
    assert seen["make"](Layout(4, 2)).temperature == 3.5
    assert (seen["course"].steps, seen["course"].weight) == (7, 0.25)


def test_a_loss_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="no loss between sites 'dannn'"):
        adapt_deep("dannn", DeepConfig(), None)


def run_of(calls):
    """A run that calls the cases so."""
    return Adapted(None, np.eye(2)[calls], facts={"steps": 1})


def test_the_run_in_the_middle_is_used_and_how_far_they_agree_is_told():
    calls = np.array([0, 1] * 10)
    far, near = calls.copy(), calls.copy()
    far[:4] = 1 - far[:4]
    near[0] = 1 - near[0]
    runs = [run_of(far), run_of(near), run_of(calls)]
    found = central(runs)
    assert np.array_equal(found.probability, runs[1].probability)
    # 3 of 20 apart, 4 of 20, 1 of 20.
    assert found.facts == {"steps": 1, "runs": 3, "runs_agree": round(1 - (3 + 4 + 1) / 60, 4)}
    assert found.collapsed is None


def test_runs_that_do_not_agree_are_no_model():
    drawn = np.random.default_rng(0).integers(0, 2, (3, 400))
    found = central([run_of(calls) for calls in drawn])
    assert "chance decides" in found.collapsed
    alone = central([run_of(drawn[0])])
    assert alone.collapsed is None
    assert alone.facts["runs_agree"] is None


def test_each_run_has_its_seed_and_the_first_is_that_of_the_pair(monkeypatch, toys):
    seeds = []

    def trained(make, course, pair, sites):
        seeds.append(pair.seed)
        return run_of([0, 1])

    monkeypatch.setattr(domain_training, "train_across", trained)
    adapt_deep("mcc", MccConfig(runs=4), toys("moved", 5).pair)
    assert seeds[0] == 5
    assert len(set(seeds)) == 4
