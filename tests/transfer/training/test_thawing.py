"""The last stage learns first; what waits is frozen in both senses."""

from __future__ import annotations

import pytest
from torch import nn

from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.training.thawing import Thawing


@pytest.mark.parametrize(("epoch", "learning"), [(1, "c"), (2, "c"), (3, "bc"), (4, "bc"), (5, "abc"), (50, "abc")])
def test_every_two_epochs_another_stage_joins_in(epoch, learning):
    network = nn.ModuleDict({name: nn.Sequential(nn.Linear(2, 2), nn.Dropout()) for name in "abc"})
    trunk = PartlyFrozen(network)
    stages = [(name, [f"{name}.0.weight", f"{name}.0.bias"]) for name in "abc"]
    thawing = Thawing(trunk, network, stages, 2)
    trunk.train()
    thawing(epoch)
    trunk.train()
    for name in "abc":
        assert network[name][0].weight.requires_grad == (name in learning)
        assert network[name][1].training == (name in learning)


def test_what_is_frozen_for_good_stays_frozen():
    network = nn.ModuleDict({name: nn.Linear(2, 2) for name in "ab"})
    trunk = PartlyFrozen(network, modules=["a"])
    thawing = Thawing(trunk, network, [("a", ["a.weight", "a.bias"]), ("b", ["b.weight", "b.bias"])], 1)
    thawing(9)
    assert not network["a"].weight.requires_grad
    assert network["b"].weight.requires_grad
