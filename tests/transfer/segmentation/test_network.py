"""From plain data to a network, the same one every time."""

import json

import pytest
import torch

from medgraft.errors import ConfigError
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner


def test_the_seed_says_what_is_drawn(flat_network, encoder, made):
    again = build_outliner(NetworkSpec(1, 3, "unet", 8, 0), made.flat_plan(), encoder)
    other = build_outliner(NetworkSpec(1, 3, "unet", 8, 1), made.flat_plan(), encoder)
    pixels = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.equal(flat_network(pixels), again(pixels)) and not torch.equal(flat_network(pixels), other(pixels))
    assert flat_network(pixels).shape == (1, 3, 64, 64)


def test_neighbouring_slices_are_channels(encoder, made):
    network = build_outliner(NetworkSpec(1, 2, "fpn", 4, 0), made.flat_plan(planes=3), encoder)
    assert network(torch.rand(1, 3, 64, 64)).shape == (1, 2, 64, 64)


def test_a_picture_needs_an_encoder(made):
    with pytest.raises(ConfigError, match="--backbone"):
        build_outliner(NetworkSpec(1, 2, "unet", 8, 0), made.flat_plan(), None)


def test_a_spec_comes_back_from_json():
    spec = NetworkSpec(1, 2, "unet", 8, 3)
    assert NetworkSpec.restore(json.loads(json.dumps(spec.to_json()))) == spec
