"""Adapters: nothing changes at the start, merging changes nothing, and what comes out has the shape of what went in."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.transfer.models.adapter_plan import LowRankPlan, ScaleShiftPlan
from medgraft.transfer.models.adapters import attach, merge

PLANS = [LowRankPlan(2, 6.0, 0), ScaleShiftPlan()]


def network():
    torch.manual_seed(0)
    return (
        nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 6),
            nn.LayerNorm(6),
        )
        .eval()
        .requires_grad_(False)
    )


@pytest.mark.parametrize("plan", PLANS, ids=["lora", "ssf"])
def test_at_the_start_nothing_is_changed_and_only_the_adapter_learns(plan):
    net, pixels = network(), torch.rand(2, 3, 8, 8)
    before = net(pixels)
    assert attach(net, plan) > 0
    torch.testing.assert_close(net(pixels), before)
    learning = {name.rsplit(".", 1)[1] for name, item in net.named_parameters() if item.requires_grad}
    assert learning == ({"up", "down"} if isinstance(plan, LowRankPlan) else {"gamma", "beta"})


@pytest.mark.parametrize("plan", PLANS, ids=["lora", "ssf"])
def test_merged_it_is_a_plain_network_that_gives_the_same(plan):
    net, pixels = network(), torch.rand(2, 3, 8, 8)
    shapes = {name: item.shape for name, item in net.state_dict().items()}
    attach(net, plan)
    with torch.no_grad():
        for item in net.parameters():
            if item.requires_grad:
                item.add_(0.3 * torch.randn(item.shape, generator=torch.Generator().manual_seed(1)))
    adapted = net(pixels)
    merge(net)
    assert {name: item.shape for name, item in net.state_dict().items()} == shapes
    torch.testing.assert_close(net(pixels), adapted, rtol=1e-5, atol=1e-5)
    assert not any(item.requires_grad for item in net.parameters())


def test_the_update_of_low_rank_is_the_formula():
    net = network()
    before = net[6].weight.clone()
    attach(net, LowRankPlan(2, 6.0, 0))
    adapter = net[6].parametrizations.weight[0]
    with torch.no_grad():
        adapter.up.copy_(torch.randn(6, 2))
    torch.testing.assert_close(net[6].weight, before + 3.0 * adapter.up @ adapter.down)


def test_layers_smaller_than_their_update_stay():
    net = network()
    attach(net, LowRankPlan(5, 6.0, 0))
    assert hasattr(net[0], "parametrizations")
    assert not hasattr(net[3], "parametrizations")  # depthwise: 8 × 9 values, an update would have 5 × 17


def test_the_seed_decides_the_first_values():
    def down(seed):
        net = network()
        attach(net, LowRankPlan(2, 6.0, seed))
        return net[6].parametrizations.weight[0].down

    assert torch.equal(down(3), down(3))
    assert not torch.equal(down(3), down(4))


def test_a_network_without_a_fitting_layer_is_told():
    with pytest.raises(UsageError, match="no layer that this adapter fits"):
        attach(nn.Sequential(nn.ReLU()), ScaleShiftPlan())
