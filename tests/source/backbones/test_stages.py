"""Cutting along the children: every parameter once, in order."""

from __future__ import annotations

import torch
from torch import nn

from medgraft.source.backbones.stages import check_partition, child_stages


def test_vgg_and_densenet_are_cut_by_their_features() -> None:
    labels = [label for label, _ in child_stages(_Container(), frozenset({"features"}))]
    assert labels == ["token", "features.0", "features.2", "classifier"]


class _Container(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1))
        self.features = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
        self.classifier = nn.Linear(2, 2)


def test_partition_notices_what_is_missing_or_twice() -> None:
    network = _Container()
    stages = child_stages(network)
    assert check_partition(network, stages)
    assert not check_partition(network, stages[1:])
    assert not check_partition(network, [*stages, stages[0]])
