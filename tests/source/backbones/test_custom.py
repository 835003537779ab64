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
    with pytest.raises(UsageError, match="brings its own"):
        resolve_backbone("test-resolve", weights="random", home=home)


def test_registered_names_are_guarded() -> None:
    preprocessing = {"size": 8, "mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    register_backbone("test-taken", _factory, **preprocessing)
    for name in ("test-taken", "torchvision/mine", "a[b]", "random", ""):
        with pytest.raises(UsageError, match="registering the backbone"):
            register_backbone(name, _factory, **preprocessing)
    with pytest.raises(UsageError, match="positive"):
        register_backbone("other", _factory, size=8, mean=(0.0, 0.0, 0.0), std=(1.0, 0.0, 1.0))
    assert not CUSTOM.knows("other")
