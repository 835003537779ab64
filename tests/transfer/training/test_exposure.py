"""A batch as it is, and a network that can be held still."""

from __future__ import annotations

import torch
from torch import nn

from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.training.exposure import Learner, Plain
from medgraft.transfer.training.objective import CrossEntropy
from medgraft.transfer.training.placement import Placement


def test_plain_is_the_objective_of_what_the_network_gives():
    torch.manual_seed(0)
    net, pixels, labels = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), torch.rand(5, 1, 2, 2), torch.arange(5) % 3
    learner, objective = Learner(net, Placement("cpu")), CrossEntropy(0.1)
    plain = Plain()
    plain.begin()
    torch.testing.assert_close(plain.loss(learner, [pixels], labels, objective), objective.loss(net(pixels), labels))
    assert plain.judged(learner, [pixels], labels)[0] is pixels
    assert plain.replays == 1


def test_held_still_everything_is_in_eval_and_afterwards_only_what_was():
    trunk = PartlyFrozen(nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5)), modules=["0"])
    net = nn.Sequential(trunk, nn.Dropout(0.5))
    learner = Learner(net, Placement("cpu"))
    for mode in (True, False):
        net.train(mode)
        before = [module.training for module in net.modules()]
        with learner.still():
            assert not any(module.training for module in net.modules())
        assert [module.training for module in net.modules()] == before
    assert not trunk.network[0].training
