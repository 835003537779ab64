"""Which module gives maps of which stride: against maps of known size, and networks that have none."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.home import Home
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import tapped
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.backbones.scales import find_scales


def block(given, made, step):
    return nn.Sequential(nn.Conv2d(given, made, 3, stride=step, padding=1), nn.ReLU(), nn.Conv2d(made, made, 1))


class Body(nn.Module):
    """A stem of single layers at stride 2, two blocks at 4, one at 8 that ends in a norm, then the mean."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4)
        self.first, self.second, self.third = block(4, 5, 2), block(5, 6, 1), block(6, 7, 2)
        self.last = nn.BatchNorm2d(7)

    def forward(self, pixels):
        return self.last(self.third(self.second(self.first(self.norm(self.stem(pixels)))))).mean(dim=(2, 3))


def network():
    return BackboneNetwork(Body(), channels=3, mean=(0.5,) * 3, std=(0.5,) * 3)


def told(found):
    return {stride: (scale.module, scale.channels) for stride, scale in found.items()}


def test_the_last_block_of_each_stride_else_the_last_layer():
    assert told(find_scales(network())) == {2: ("norm", 4), 4: ("second", 6), 8: ("third", 7)}


def test_among_named_stages_the_last_one():
    stages = ["nowhere", "stem", "first", "third", "last"]
    assert told(find_scales(network(), stages)) == {2: ("stem", 4), 4: ("first", 5), 8: ("last", 7)}


def test_looking_changes_nothing():
    looked = network().train()
    before = {name: item.clone() for name, item in looked.state_dict().items()}
    find_scales(looked)
    assert looked.training and looked.body.norm.training
    assert all(torch.equal(item, before[name]) for name, item in looked.state_dict().items())


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "torchvision/resnet18"])
def test_strides_hold_for_other_sizes(name):
    found = resolve_backbone(name, weights="random", home=Home(None)).build(1).eval()
    scales = find_scales(found)
    assert {4, 8, 16, 32} <= set(scales)
    with torch.no_grad(), tapped(found.body, [one.module for one in scales.values()]) as maps:
        found(torch.zeros(1, 1, 128, 192))
    for stride, one in scales.items():
        if stride <= 32:
            assert maps[one.module].shape == (1, one.channels, 128 // stride, 192 // stride)


def test_a_network_of_tokens_has_none():
    found = resolve_backbone("test_vit", weights="random", home=Home(None))
    network = found.build(3)
    assert not set(find_scales(network, [name for name, _ in found.stages(network)])) & {4, 8, 16, 32}
