"""Cut and uncut networks agree to the last bit at every stage, and the halves share the parameters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.models.cut import Joined, cut_network

NETWORKS = [
    ("resnet18", 64),
    ("tf_efficientnet_lite0", 64),
    ("vit_tiny_patch16_224", 224),
    ("densenet121", 64),
    ("torchvision/resnet18", 64),
]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda item: item[0])
def built(request, tmp_path_factory):
    name, size = request.param
    backbone = resolve_backbone(name, weights="random", home=Home(tmp_path_factory.mktemp("home")), seed=1)
    network = backbone.build(3)
    pixels = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    return network, backbone.stages(network), pixels


def test_every_stage_can_be_cut_and_nothing_changes(built):
    network, stages, pixels = built
    with torch.no_grad():
        whole = network(pixels)
        for stage, _ in stages[1:]:
            cut = cut_network(network, stages, stage, pixels)
            crossing = cut.prefix(pixels)
            assert all(len(item) == 2 for item in crossing)
            assert torch.equal(cut.suffix(*crossing), whole), stage
            assert torch.equal(Joined(cut)(pixels), whole), stage


def test_the_halves_share_the_parameters_of_the_network(built):
    network, stages, pixels = built
    stage = stages[-2][0]
    cut = cut_network(network, stages, stage, pixels)
    named = dict(network.named_parameters())
    names = [name for name, _ in stages]
    after = {id(named[item]) for _, items in stages[names.index(stage) :] for item in items}
    assert {id(item) for item in cut.suffix.parameters()} == after
    assert not {id(item) for item in cut.prefix.parameters()} & after


@pytest.mark.parametrize("wrong", ["no such stage", "first"])
def test_a_stage_that_is_none_is_told(built, wrong):
    network, stages, pixels = built
    with pytest.raises(UsageError, match="its stages are"):
        cut_network(network, stages, stages[0][0] if wrong == "first" else wrong, pixels)


def test_a_network_that_cannot_be_followed_is_told():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)

        def forward(self, pixels):
            maps = self.first(pixels)
            if maps.sum() > 0:
                maps = -maps
            return self.second(maps).mean(dim=(2, 3))

    stages = [("first", ["first.weight", "first.bias"]), ("second", ["second.weight", "second.bias"])]
    with pytest.raises(UsageError, match="cannot be followed"):
        cut_network(Odd(), stages, "second", torch.rand(1, 3, 8, 8))
