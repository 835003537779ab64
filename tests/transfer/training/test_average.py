"""Averages by hand, and BatchNorm computed again."""

from __future__ import annotations

import torch
from torch import nn

from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.training.average import MovingAverage, mixed, recompute_batchnorm


def test_the_moving_average_is_the_recursion():
    weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    average, by_hand = MovingAverage({"w": weight}, 0.9), weight.detach().clone()
    for step in range(5):
        with torch.no_grad():
            weight.add_(step + 1.0)
        average.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        by_hand = decay * by_hand + (1 - decay) * weight.detach()
        torch.testing.assert_close(average.values["w"], by_hand)
    last = weight.detach().clone()
    with average.swapped():
        torch.testing.assert_close(weight.detach(), by_hand)
    assert torch.equal(weight.detach(), last)
    average.restore({"w": torch.zeros(2)})
    assert torch.equal(average.values["w"], torch.zeros(2))


def test_mixed_at_both_ends_and_in_the_middle():
    start = {"w": torch.tensor([0.0, 4.0]), "n": torch.tensor(1)}
    end = {"w": torch.tensor([2.0, 0.0]), "n": torch.tensor(5)}
    assert torch.equal(mixed(start, end, 0.0)["w"], start["w"])
    assert torch.equal(mixed(start, end, 1.0)["w"], end["w"])
    torch.testing.assert_close(mixed(start, end, 0.25)["w"], torch.tensor([0.5, 3.0]))
    assert mixed(start, end, 0.25)["n"] == 5


def test_batchnorm_is_the_mean_over_batches_and_frozen_ones_stay():
    network = nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm1d(3))
    frozen = PartlyFrozen(network, modules=["1"])
    before = {name: item.clone() for name, item in network[1].state_dict().items()}
    batches = [torch.randn(8, 3, generator=torch.Generator().manual_seed(i)) * (i + 1) + i for i in range(3)]
    recompute_batchnorm(frozen, ((batch,) for batch in batches))
    torch.testing.assert_close(network[0].running_mean, torch.stack([b.mean(dim=0) for b in batches]).mean(dim=0))
    torch.testing.assert_close(network[0].running_var, torch.stack([b.var(dim=0) for b in batches]).mean(dim=0))
    assert all(torch.equal(item, before[name]) for name, item in network[1].state_dict().items())
    assert network[0].momentum == 0.1
    assert not any(module.training for module in frozen.modules())


def test_nothing_to_recompute_asks_for_no_batch():
    def never():
        raise AssertionError("a batch was asked for")
        yield

    recompute_batchnorm(nn.Sequential(nn.Linear(2, 2)), never())
