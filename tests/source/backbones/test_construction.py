"""Creating and measuring networks, seeded and without side effects."""

from __future__ import annotations

import pytest
import torch

from medgraft.errors import UsageError, WeightsError
from medgraft.source.backbones.construction import measure, seeded_body


def test_options_travel_in_the_name() -> None:
    same = seeded_body("mobilenetv2_100[pad_type=same]")
    plain = seeded_body("mobilenetv2_100")
    pixels = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        assert not torch.allclose(same(pixels), plain(pixels))
    with pytest.raises(UsageError, match="timm refuses"):
        seeded_body("resnet18[img_size=64]")
    with pytest.raises(UsageError, match="no options"):
        seeded_body("torchvision/resnet18[pad_type=same]")


def test_creating_moves_nobody_elses_randomness() -> None:
    before = torch.random.get_rng_state()
    one, two = (seeded_body("mobilenetv3_small_050", 5).state_dict() for _ in range(2))
    measure("mobilenetv3_small_050", 64)
    assert all(torch.equal(value, two[key]) for key, value in one.items())
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_size_that_a_fixed_network_does_not_take() -> None:
    with pytest.raises(WeightsError, match="its own size"):
        measure("vit_tiny_patch16_224", 100)
