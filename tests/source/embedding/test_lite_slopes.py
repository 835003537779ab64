"""Drawn backwards by hand, the network has the values and slopes that PyTorch finds, for one channel and for three."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.home import Home
from medgraft.source.backbones.lite_tensors import lite_state
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.lite_slopes import LiteSlopes, draw_lite_slopes
from medgraft.source.embedding.openvino_engine import openvino_library

NAME = "tf_efficientnet_lite0"


def by_torch(backbone, channels, pixels, by_feature, first):
    network = backbone.build(channels).requires_grad_(False)
    outputs = {}
    for stage in range(first, 7):
        network.body.blocks[stage].register_forward_hook(
            lambda module, given, output, stage=stage: outputs.__setitem__(stage, output)
        )
    features = network(torch.from_numpy(pixels).requires_grad_())
    number = (features * torch.from_numpy(by_feature)).sum()
    slopes = torch.autograd.grad(number, list(outputs.values()))
    return [output.detach().numpy() for output in outputs.values()], [slope.numpy() for slope in slopes]


@pytest.mark.parametrize(("channels", "size", "first"), [(1, 224, 1), (3, 150, 0)])
def test_drawn_equals_torch(tmp_path, channels, size, first):
    """An odd number of cells has padding of its own on the way back."""
    backbone, library = resolve_backbone(NAME, home=Home(tmp_path)), openvino_library()
    most = size / 4 if first else size
    scaling = (backbone.facts.mean, backbone.facts.std)
    model = draw_lite_slopes(
        library, lite_state(NAME, channels), channels=channels, size=size, scaling=scaling, most=most
    )
    rng = np.random.default_rng(6)
    pixels = rng.random((1, channels, size, size), dtype=np.float32)
    by_feature = rng.normal(size=(1, backbone.facts.feature_dim)).astype(np.float32)
    compiled = library.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled({0: pixels, 1: by_feature}).to_tuple()
    values, slopes = by_torch(backbone, channels, pixels, by_feature, first)
    assert len(found) == 2 * len(values)
    for ours, theirs in zip(found, [*values, *slopes], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3 * np.abs(theirs).max(), rtol=1e-2)


def test_stages_by_name(tmp_path):
    backbone = resolve_backbone(NAME, home=Home(tmp_path))
    job = Job(backbone, backbone.facts.checksum, 1, 224, Home(tmp_path))
    network = LiteSlopes(job, most=28)
    stages = network(np.zeros((1, 1, 224, 224), np.float32), np.zeros(backbone.facts.feature_dim))
    assert [name for name, _, _ in stages] == [f"blocks.{stage}" for stage in range(2, 7)]
    assert stages[0][1].shape == (40, 28, 28)
    assert not any(slopes.any() for _, _, slopes in stages)
