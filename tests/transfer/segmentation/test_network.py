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


def test_an_inflated_network_gives_a_constant_volume_what_the_flat_one_gives_a_slice(encoder, made):
    """The encoder's maps and the logits, at every slice."""
    spec = NetworkSpec(1, 3, "unet", 8, 0)
    flat = build_outliner(spec, made.flat_plan(), encoder)
    inflated = build_outliner(spec, made.deep_plan(patch=(8, 64, 64)), encoder)
    picture = torch.rand(1, 1, 64, 64)
    volume = picture[:, :, None].expand(-1, -1, 8, -1, -1)
    with torch.no_grad():
        maps, wanted = inflated.encoder(volume), flat.encoder(picture)
        for one, plain in zip(maps, wanted, strict=True):
            torch.testing.assert_close(one, plain[:, :, None].expand_as(one), atol=1e-4, rtol=1e-3)
        logits, plain = inflated(volume), flat(picture)
    torch.testing.assert_close(logits, plain[:, :, None].expand_as(logits), atol=1e-4, rtol=1e-3)


def test_an_inflated_network_looks_along_the_depth(encoder, made):
    network = build_outliner(NetworkSpec(1, 2, "fpn", 8, 0), made.deep_plan(patch=(8, 64, 64)), encoder)
    volume = torch.rand(1, 1, 8, 64, 64)
    other = volume.clone()
    other[:, :, 5] = 0
    with torch.no_grad():
        changed = (network(volume) - network(other)).abs().amax((0, 1, 3, 4))
    assert changed[4] > 0 and changed[6] > 0
