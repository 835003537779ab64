"""Normalisation is inside; features come flat and in float32."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.source.backbones.network import BackboneNetwork

MEAN, STD = (0.485, 0.3, 0.1), (0.229, 0.5, 0.9)


def test_two_channels_are_refused() -> None:
    with pytest.raises(UsageError, match="2 channels"):
        BackboneNetwork(nn.Flatten(), channels=2, mean=MEAN, std=STD)


@pytest.mark.parametrize("channels", [1, 3])
def test_normalisation_against_the_closed_form(channels: int) -> None:
    network = BackboneNetwork(nn.AdaptiveAvgPool2d(1), channels=channels, mean=MEAN, std=STD).eval()
    pixels = torch.rand(2, channels, 5, 4)
    wanted = (pixels.expand(-1, 3, -1, -1).mean((2, 3)) - torch.tensor(MEAN)) / torch.tensor(STD)
    got = network(pixels)
    assert got.shape == (2, 3) and got.dtype == torch.float32
    torch.testing.assert_close(got, wanted)
    assert not network.state_dict()
