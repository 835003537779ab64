"""Inflation: volumes of equal slices give what the 2-D network gives, and a layer is a true 3-D convolution."""

from __future__ import annotations

import torch
import torchvision
from torch import nn
from torch.nn import functional

from medgraft.source.backbones.inflation import InflatedMaps, InflatedNetwork, flat_state
from medgraft.source.backbones.network import BackboneNetwork


def small():
    torch.manual_seed(0)
    body = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, stride=2), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 6, 5, padding=2, groups=6, bias=False), nn.Conv2d(6, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip
    return body.eval()


def test_equal_slices_give_the_features_of_one():
    picture = torch.rand(2, 3, 16, 16)
    plain = small()(picture)
    inflated = InflatedNetwork(small())(picture[:, None].expand(-1, 7, -1, -1, -1))
    torch.testing.assert_close(inflated, plain, atol=1e-5, rtol=1e-5)


def test_a_layer_is_the_inflated_convolution():
    """Against PyTorch's own Conv3d with the kernel repeated along the depth and divided by its length."""
    volume = torch.rand(2, 5, 3, 12, 12)
    plane = nn.Conv2d(3, 4, 3, padding=1)
    inflated = InflatedNetwork(nn.Sequential(plane, nn.Flatten())).eval()
    kernel = plane.weight.detach()[:, :, None].expand(-1, -1, 3, -1, -1) / 3
    padded = functional.pad(volume.transpose(1, 2), (0, 0, 0, 0, 1, 1), mode="replicate")
    wanted = functional.conv3d(padded, kernel, plane.bias.detach(), padding=(0, 1, 1))
    torch.testing.assert_close(inflated(volume), wanted.transpose(1, 2).flatten(2).mean(1), atol=1e-5, rtol=1e-5)


def test_depth_matters_and_order_is_seen_by_what_follows():
    volume = torch.rand(1, 6, 3, 16, 16)
    network = InflatedNetwork(small()).eval()
    shuffled = volume[:, [3, 0, 5, 1, 4, 2]]
    assert not torch.allclose(network(volume), network(shuffled), atol=1e-5)
    torch.testing.assert_close(network(volume), network(volume.flip(1)), atol=1e-5, rtol=1e-5)


def test_only_kernels_larger_than_one_are_inflated():
    network = InflatedNetwork(small())
    assert sum(name.endswith("along") for name, _ in network.named_parameters()) == 2


def test_a_real_network_with_its_stages_read_gives_on_equal_slices_what_it_gives_on_one():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        body = torchvision.models.shufflenet_v2_x0_5(weights=None).eval()
    halves, read = (0.5, 0.5, 0.5), (("stage2", 48), ("stage3", 96))
    network = BackboneNetwork(body, channels=1, mean=halves, std=halves, readout=read).eval()
    picture = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        plain = network(picture)
        inflated = InflatedNetwork(network).eval()(picture[:, None].expand(-1, 4, -1, -1, -1))
    torch.testing.assert_close(inflated, plain, atol=1e-5, rtol=1e-4)


def maps_of(channels):
    """A small network that gives two maps."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(channels, 5, 3, padding=1), nn.Conv2d(5, 4, 3, stride=2, padding=1)

        def forward(self, pixels):
            first = torch.relu(self.first(pixels))
            return first, self.second(first)

    torch.manual_seed(1)
    return Two().eval()


def test_maps_of_a_volume_that_is_constant_along_its_depth_are_those_of_a_slice():
    picture = torch.rand(2, 3, 16, 24)
    wanted = maps_of(3)(picture)
    found = InflatedMaps(maps_of(3))(picture[:, :, None].expand(-1, -1, 6, -1, -1))
    for one, flat in zip(found, wanted, strict=True):
        assert one.shape == (2, flat.shape[1], 6, *flat.shape[2:])
        torch.testing.assert_close(one, flat[:, :, None].expand_as(one), atol=1e-5, rtol=1e-5)


def test_several_volumes_go_in_and_slices_stay_in_their_order():
    class Sum(nn.Module):
        def forward(self, one, other):
            return one + 2 * other

    one, other = torch.rand(2, 3, 5, 4, 4), torch.rand(2, 3, 5, 4, 4)
    assert torch.equal(InflatedMaps(Sum())(one, other), one + 2 * other)


def test_the_state_of_the_flat_network_comes_back():
    flat = maps_of(3)
    before = {name: item.clone() for name, item in flat.state_dict().items()}
    inflated = InflatedMaps(flat)
    state = {name.removeprefix("network."): item for name, item in inflated.state_dict().items()}
    assert any(name.endswith(".along") for name in state)
    found = flat_state(state)
    assert set(found) == set(before) and all(torch.equal(found[name], before[name]) for name in before)
    assert flat_state(before).keys() == before.keys()
