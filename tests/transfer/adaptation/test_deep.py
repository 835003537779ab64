"""Options of the deep methods reach the loop and the loss that they are for."""

from __future__ import annotations

import pytest

from medgraft.transfer.adaptation import domain_training
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.deep import DeepConfig, adapt_deep
from medgraft.transfer.adaptation.losses.catalogue import LOSSES
from medgraft.transfer.adaptation.losses.loss import Layout
from medgraft.transfer.adaptation.mcc import MccConfig


def test_every_deep_method_has_its_loss():
    deep = {name for name, member in ADAPTATIONS.items() if issubclass(member.Config, DeepConfig)}
    assert deep == set(LOSSES)


def test_own_options_go_to_the_loss_and_shared_ones_to_the_loop(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        domain_training, "train_across", lambda make, course, pair, sites: seen.update(make=make, course=course)
    )
    adapt_deep("mcc", MccConfig(temperature=3.5, steps=7, weight=0.25), None)
    assert seen["make"](Layout(4, 2)).temperature == 3.5
    assert (seen["course"].steps, seen["course"].weight) == (7, 0.25)


def test_a_loss_that_is_not_there_is_named():
    from medgraft.errors import UsageError

    with pytest.raises(UsageError, match="no loss between sites 'dannn'"):
        adapt_deep("dannn", DeepConfig(), None)
