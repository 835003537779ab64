"""A backbone read at several strides, whole and cut: the maps are those of its own forward pass."""

import numpy as np
import pytest
import torch

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.source.backbones.readout import tapped
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.detection.pyramid import cut_pyramid, find_levels

STRIDES = (8, 16, 32)


def built(name, channels=3):
    source = resolve_backbone(name, weights="random", home=Home(None))
    network = source.build(channels)
    return network, source.stages(network)


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "torchvision/resnet18", "test_convnext"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_parts_give_the_maps_of_the_whole(name, channels):
    network, stages = built(name, channels)
    strides = STRIDES if name != "test_convnext" else (8, 16)
    levels = find_levels(network, stages, strides)
    pixels = torch.from_numpy(np.random.default_rng(0).random((2, channels, 96, 96), np.float32))
    with torch.no_grad(), tapped(network.body, [level.module for level in levels]) as wanted:
        network(pixels)
        for frozen in (0, 2, len(stages)):
            names = [item for _, items in stages[:frozen] for item in items]
            parts = cut_pyramid(network, levels, names)
            assert (parts.frozen is None) == (not frozen)
            found = parts.learning(pixels) if parts.frozen is None else parts.learning(*parts.frozen(pixels))
            for level, one in zip(levels, found, strict=True):
                assert torch.equal(one, wanted[level.module])
                assert one.shape == (2, level.channels, 96 // level.stride, 96 // level.stride)


def test_each_side_holds_its_own_parameters_and_nothing_after_the_last_level():
    network, stages = built("test_efficientnet")
    levels = find_levels(network, stages, STRIDES)
    frozen = [item for _, items in stages[:2] for item in items]
    parts = cut_pyramid(network, levels, frozen)
    own = dict(network.named_parameters())
    assert {id(item) for item in parts.frozen.parameters()} == {id(own[name]) for name in frozen}
    held = {id(item) for item in parts.learning.parameters()}
    unread = [name for name in own if id(own[name]) not in held and name not in frozen]
    assert unread
    assert all(name.startswith(("body.conv_head", "body.bn2")) for name in unread)


def test_a_frozen_backbone_gives_its_levels_and_nothing_is_left_to_learn():
    network, stages = built("test_resnet")
    levels = find_levels(network, stages, STRIDES)
    parts = cut_pyramid(network, levels, [name for name, _ in network.named_parameters()])
    assert not list(parts.learning.parameters())
    assert len(parts.frozen(torch.rand(1, 3, 64, 64))) == 3


def test_a_network_of_tokens_is_refused():
    network, stages = built("test_vit")
    with pytest.raises(UsageError, match="no maps of stride 8, 16, 32"):
        find_levels(network, stages, STRIDES)


def test_what_is_no_backbone_of_ours_is_refused():
    with pytest.raises(UsageError, match="choose one"):
        find_levels(torch.nn.Identity(), [], STRIDES)
    with pytest.raises(UsageError, match="choose one"):
        cut_pyramid(torch.nn.Identity(), [], [])
