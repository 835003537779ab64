"""Frozen is no gradient and eval at once, and stays so."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms, subtrees, trainable


class Block(nn.Module):
    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.bn = nn.BatchNorm2d(channels_out)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(torch.relu(self.bn(self.conv(x))))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 4, 1, 1))
        self.first = Block(1, 4)
        self.second = Block(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x) + self.token).mean(dim=(2, 3))


def batch() -> torch.Tensor:
    return torch.rand((8, 1, 6, 6), generator=torch.Generator().manual_seed(0))


def train_some_steps(network: nn.Module) -> None:
    optimiser = torch.optim.SGD(trainable(network).values(), lr=0.1, momentum=0.9, weight_decay=0.1)
    network.train()
    for _ in range(3):
        optimiser.zero_grad()
        network(batch()).square().sum().backward()
        optimiser.step()


def test_a_frozen_stage_does_not_move_while_the_rest_trains() -> None:
    net = Net()
    frozen = PartlyFrozen(net, modules=subtrees(net, [n for n, _ in net.named_parameters() if "first" in n]))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    train_some_steps(frozen)
    after = net.state_dict()
    for name in before:
        moved = not torch.equal(before[name], after[name])
        assert moved == (not name.startswith("first.")), name


def test_train_sets_the_frozen_sub_tree_to_eval_and_the_rest_to_train() -> None:
    net = Net()
    frozen = PartlyFrozen(net, modules=["first"]).train()
    assert not any(module.training for module in net.first.modules())
    assert all(module.training for module in net.second.modules())
    frozen.eval()
    assert not any(module.training for module in frozen.modules())
    assert not any(module.training for module in nn.Sequential(frozen).train()[0].network.first.modules())


def test_frozen_dropout_is_silent() -> None:
    net = Net()
    frozen = PartlyFrozen(net, modules=["first", "second"]).train()
    assert torch.equal(frozen(batch()), frozen(batch()))


def test_only_batchnorms_frozen() -> None:
    net = Net()
    assert batchnorms(net) == ["first.bn", "second.bn"]
    frozen = PartlyFrozen(net, modules=batchnorms(net))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    train_some_steps(frozen)
    after = net.state_dict()
    for name in before:
        assert torch.equal(before[name], after[name]) == (".bn." in name), name


def test_trainable_is_exactly_what_is_not_frozen() -> None:
    net = Net()
    frozen = PartlyFrozen(net, modules=["first"], parameters=["token"])
    wanted = {f"network.second.{n}" for n in ("conv.weight", "conv.bias", "bn.weight", "bn.bias")}
    assert set(trainable(frozen)) == wanted


def test_subtrees_finds_the_largest_modules() -> None:
    net = Net()
    names = [name for name, _ in net.named_parameters()]
    assert subtrees(net, [n for n in names if n.startswith("first")]) == ["first"]
    assert subtrees(net, ["first.bn.weight", "first.bn.bias"]) == ["first.bn"]
    assert subtrees(net, ["first.bn.weight"]) == []
    assert subtrees(net, names) == [""]
    assert not PartlyFrozen(net, modules=subtrees(net, names)).train().network.training


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UsageError, match="third"):
        PartlyFrozen(Net(), modules=["third"])
    with pytest.raises(UsageError, match="nothing"):
        PartlyFrozen(Net(), parameters=["nothing"])
