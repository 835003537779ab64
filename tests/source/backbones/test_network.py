"""Normalisation is inside; features come flat and in float32."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.source.backbones.network import BackboneNetwork

MEAN, STD = (0.485, 0.3, 0.1), (0.229, 0.5, 0.9)


def test_no_channel_is_refused() -> None:
    with pytest.raises(UsageError, match="0 channels"):
        BackboneNetwork(nn.Flatten(), channels=0, mean=MEAN, std=STD)


@pytest.mark.parametrize("channels", [2, 5])
def test_other_numbers_of_channels_are_read_at_their_mean_where_no_stem_can_be_adapted(channels: int) -> None:
    network = BackboneNetwork(nn.AdaptiveAvgPool2d(1), channels=channels, mean=MEAN, std=STD).eval()
    pixels = torch.rand(2, channels, 5, 4)
    wanted = (pixels.mean((1, 2, 3))[:, None] - torch.tensor(MEAN)) / torch.tensor(STD)
    assert not network.adapted_stem
    torch.testing.assert_close(network(pixels), wanted)


@pytest.mark.parametrize("channels", [1, 3])
def test_normalisation_against_the_closed_form(channels: int) -> None:
    network = BackboneNetwork(nn.AdaptiveAvgPool2d(1), channels=channels, mean=MEAN, std=STD).eval()
    pixels = torch.rand(2, channels, 5, 4)
    wanted = (pixels.expand(-1, 3, -1, -1).mean((2, 3)) - torch.tensor(MEAN)) / torch.tensor(STD)
    got = network(pixels)
    assert got.shape == (2, 3) and got.dtype == torch.float32
    torch.testing.assert_close(got, wanted)
    assert not network.state_dict()
