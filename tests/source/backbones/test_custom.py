"""Backbones that the user registers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.source.backbones.custom import CUSTOM, register_backbone
from medgraft.source.backbones.resolve import resolve_backbone


def _factory() -> nn.Module:
    network = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.AdaptiveAvgPool2d(1))
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.5)
    return network


def test_registered_backbone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    register_backbone(
        "test-resolve", _factory, size=24, mean=(0.2, 0.3, 0.4), std=(0.5, 1.0, 2.0), trained_on="my scans"
    )
    backbone = resolve_backbone("test-resolve", home=home)
    assert (backbone.facts.feature_dim, backbone.facts.size, backbone.facts.trained_on) == (6, 24, "my scans")
    assert backbone.facts.checksum == resolve_backbone("test-resolve", home=home).facts.checksum
    pixels = torch.rand(2, 1, 24, 24)
    with torch.no_grad():
        grey, colour = backbone.build(1)(pixels), backbone.build(3)(pixels.expand(-1, 3, -1, -1))
    np.testing.assert_allclose(grey.numpy(), colour.numpy(), rtol=1e-5)
    assert len(backbone.stages(backbone.build(3))) == 1


def test_a_registered_backbone_forgets_what_it_brings(tmp_path: Path) -> None:
    register_backbone("test-forget", _factory, size=24, mean=(0.0,) * 3, std=(1.0,) * 3)
    backbone = resolve_backbone("test-forget", home=Home(tmp_path))
    weights = [
        next(made.build(3).parameters()).detach().numpy().copy()
        for made in (backbone.forgotten(1), backbone.forgotten(1), backbone.forgotten(2))
    ]
    assert (next(backbone.build(3).parameters()) == 0.5).all()
    np.testing.assert_array_equal(weights[0], weights[1])
    assert weights[0].std() > 0.05
    assert np.abs(weights[0] - weights[2]).max() > 0.05
    random = resolve_backbone("test-forget", weights="random", home=Home(tmp_path), seed=1)
    np.testing.assert_array_equal(next(random.build(3).parameters()).detach().numpy(), weights[0])


def test_a_part_that_cannot_be_drawn_anew_is_named(tmp_path: Path) -> None:
    class Token(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.ones(1, 6, 1, 1))

        def forward(self, maps: torch.Tensor) -> torch.Tensor:
            return maps + self.token

    def factory() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), Token(), nn.AdaptiveAvgPool2d(1))

    register_backbone("test-stuck", factory, size=24, mean=(0.0,) * 3, std=(1.0,) * 3)
    backbone = resolve_backbone("test-stuck", home=Home(tmp_path))
    with pytest.raises(UsageError, match=r"body\.1|'test-stuck': 1 cannot be drawn anew"):
        backbone.forgotten(0).build(3)


def test_registered_names_are_guarded() -> None:
    preprocessing = {"size": 8, "mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    register_backbone("test-taken", _factory, **preprocessing)
    for name in ("test-taken", "torchvision/mine", "a[b]", "random", ""):
        with pytest.raises(UsageError, match="registering the backbone"):
            register_backbone(name, _factory, **preprocessing)
    with pytest.raises(UsageError, match="positive"):
        register_backbone("other", _factory, size=8, mean=(0.0, 0.0, 0.0), std=(1.0, 0.0, 1.0))
    assert not CUSTOM.knows("other")
