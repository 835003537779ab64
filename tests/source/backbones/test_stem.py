"""Grey through the adapted stem equals the normalised RGB replica through the original, borders included."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import timm
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.stem import adapt_stem, spread_stem, stem_name, with_ones

MEAN, STD = (0.485, 0.3, 0.1), (0.229, 0.5, 0.9)


def _pair(body: nn.Module) -> tuple[BackboneNetwork, BackboneNetwork]:
    body.eval()
    grey = BackboneNetwork(copy.deepcopy(body), channels=1, mean=MEAN, std=STD).eval()
    return grey, BackboneNetwork(body, channels=3, mean=MEAN, std=STD).eval()


TINY: dict[str, dict[str, Any] | None] = {
    "resnet18": {},
    "tf_efficientnet_lite0": {},
    "vit_tiny_patch16_224": {"img_size": 64, "depth": 2},
    "vgg11": None,
    "densenet121": {"growth_rate": 8, "block_config": (2, 2)},
    "convnext_atto": {"depths": (1, 1, 1, 1)},
}


def _body(name: str) -> nn.Module:
    if name == "vgg11":  # without its two large linear layers, which take seconds to draw
        layers = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["A"])
        return nn.Sequential(layers, nn.AdaptiveAvgPool2d(1))
    return timm.create_model(name, num_classes=0, **TINY[name])


@pytest.mark.parametrize("name", TINY)
def test_grey_equals_replica(name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        body = _body(name)
        pixels = torch.rand(2, 1, 64, 64)
    grey, colour = _pair(body)
    assert grey.adapted_stem
    with torch.no_grad():
        got, wanted = grey(pixels), colour(pixels.expand(-1, 3, -1, -1))
    assert got.dtype == torch.float32 and got.ndim == 2
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5 * float(wanted.abs().max()))


@settings(deadline=None, max_examples=15)
@given(
    kernel=st.integers(1, 7),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
    bias=st.booleans(),
    means=st.tuples(*[st.floats(-1, 1)] * 3),
    stds=st.tuples(*[st.floats(0.05, 3)] * 3),
)
def test_any_convolution_to_the_border(
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    bias: bool,
    means: tuple[float, float, float],
    stds: tuple[float, float, float],
) -> None:
    generator = torch.Generator().manual_seed(kernel)
    conv = nn.Conv2d(3, 4, kernel, stride, padding, dilation, bias=bias).double()
    adapted = nn.Sequential(copy.deepcopy(conv))
    assert adapt_stem(adapted, means, stds)
    pixels = torch.rand(1, 1, 17, 15, generator=generator, dtype=torch.float64)
    mean, std = (torch.tensor(item, dtype=torch.float64).view(1, 3, 1, 1) for item in (means, stds))
    normalised = (pixels - mean) / std
    torch.testing.assert_close(adapted(with_ones(pixels)), conv(normalised), rtol=1e-9, atol=1e-9)


def test_what_cannot_be_exact_is_replicated() -> None:
    parallel = timm.create_model("repvgg_a0", num_classes=0)  # two branches see the picture
    standardised = timm.create_model("resnetv2_50x1_bit", num_classes=0)  # weights are standardised
    for body in (parallel, standardised):
        before = {key: value.clone() for key, value in body.state_dict().items()}
        assert not adapt_stem(body, MEAN, STD)
        assert all(torch.equal(value, before[key]) for key, value in body.state_dict().items())
    assert not adapt_stem(nn.Conv2d(3, 3, 3, groups=3), MEAN, STD)
    assert not adapt_stem(nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3)), MEAN, STD)
    assert not adapt_stem(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), MEAN, STD)
    grey, colour = _pair(torchvision.models.squeezenet1_1().features[:2].append(nn.AdaptiveAvgPool2d(1)))
    assert grey.adapted_stem and grey(torch.rand(1, 1, 16, 16)).shape == (1, 64)
    grey, colour = _pair(parallel)
    pixels = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(grey(pixels), colour(pixels.expand(-1, 3, -1, -1)))


@settings(deadline=None, max_examples=15)
@given(channels=st.integers(1, 6), padding=st.integers(0, 3), means=st.tuples(*[st.floats(-1, 1)] * 3))
def test_n_channels_against_the_closed_form(channels: int, padding: int, means: tuple[float, float, float]) -> None:
    """The answer to n planes is that of the original to their mean as grey; each plane has an n-th of the weight."""
    conv = nn.Conv2d(3, 4, 5, padding=padding).double()
    adapted = nn.Sequential(copy.deepcopy(conv))
    assert adapt_stem(adapted, means, STD, channels)
    mean, std = (torch.tensor(item, dtype=torch.float64).view(1, 3, 1, 1) for item in (means, STD))
    each = (conv.weight / std).sum(1, keepdim=True) / channels
    torch.testing.assert_close(adapted[0].weight[:, :channels], each.expand(-1, channels, -1, -1))
    planes = torch.rand(1, channels, 11, 9, dtype=torch.float64)
    for pixels in (planes, planes[:, :1].expand(-1, channels, -1, -1)):
        wanted = conv((pixels.mean(1, keepdim=True) - mean) / std)
        torch.testing.assert_close(adapted(with_ones(pixels)), wanted, rtol=1e-9, atol=1e-9)


def test_a_stem_of_one_channel_is_spread_over_three() -> None:
    weight, grey = torch.rand(4, 1, 3, 3), torch.rand(1, 1, 8, 8)
    got = nn.functional.conv2d(grey.expand(-1, 3, -1, -1), spread_stem(weight), padding=1)
    torch.testing.assert_close(got, nn.functional.conv2d(grey, weight, padding=1))


def test_the_stem_has_a_name_where_it_can_be_adapted() -> None:
    assert stem_name(torchvision.models.squeezenet1_1()) == "features.0"
    assert stem_name(timm.create_model("resnetv2_50x1_bit", num_classes=0)) is None
