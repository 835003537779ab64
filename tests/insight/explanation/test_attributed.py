"""A bundle with a gradient answers as the bundle, for every family of networks; and what it reads adds up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import nn

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.insight.explanation.attributed import Attributed
from medgraft.insight.explanation.hirescam import HiResCam
from medgraft.source.backbones.custom import CUSTOM, register_backbone
from medgraft.source.backbones.joined import JoinedBackbone
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.transfer.models.heads.gallery import GalleryHead
from medgraft.transfer.models.heads.linear import LinearHead

SIZE = 64
FAMILIES = {
    "lite": "tf_efficientnet_lite0",
    "residual": "resnet18",
    "in place": "torchvision/mobilenet_v2",
    "torchvision": "torchvision/resnet18",
    "class token": "vit_tiny_patch16_224[img_size=64]",
    "no class token": "vit_tiny_patch16_224[img_size=64,global_pool=avg]",
    "channels last": "mambaout_femto",
}


def job_of(name, tmp, channels=1, pooled=False):
    home = Home(tmp)
    backbone = resolve_backbone(name, weights="random", home=home, seed=1)
    backbone = backbone.pooled() if pooled else backbone
    return Job(backbone, backbone.facts.checksum, channels, SIZE, home)


def head_of(job, rooted=False):
    rng = np.random.default_rng(2)
    return LinearHead(
        (rng.normal(size=(2, job.backbone.facts.feature_dim)) * 0.05).astype(np.float32),
        np.zeros(2, np.float32),
        rooted,
    )


@pytest.fixture
def pixels():
    return np.random.default_rng(3).random((2, 1, SIZE, SIZE), dtype=np.float32)


@pytest.mark.parametrize("pooled", [False, True], ids=["stages", "pooled"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_bundles_own_answer_and_a_map(family, pooled, pixels, tmp_path):
    job = job_of(FAMILIES[family], tmp_path, pooled=pooled)
    head = head_of(job, rooted=not pooled)
    network = Attributed(job, head)
    chances = head.answers(Bags.single(PixelFeatures(job, "torch")(pixels)))
    np.testing.assert_allclose(expit(network.evidence(pixels, 1)), chances[:, 1], atol=1e-3)
    readings = network.readings(pixels[:1], 1)
    assert len(readings) > 2
    heat = HiResCam()(network, pixels[:1], 1)
    assert np.isfinite(heat).all()
    assert float(np.ptp(heat)) > 0


def test_the_last_map_adds_up_to_the_answer(pixels, tmp_path):
    """A global mean and a linear head: what all places add is the evidence, exactly."""
    job = job_of("resnet18", tmp_path, pooled=True)
    network = Attributed(job, head_of(job))
    last = network.readings(pixels[:1], 1)[-1]
    assert last.name == "layer4"
    assert (last.values * last.slopes).sum() == pytest.approx(network.evidence(pixels[:1], 1)[0], rel=1e-4)


def test_a_stage_that_is_read_counts_what_follows_too(pixels, tmp_path):
    """Its slope is that of the whole evidence: a step along it changes the evidence so."""
    job = job_of("resnet18", tmp_path)
    network = Attributed(job, head_of(job))
    (reading,) = [one for one in network.readings(pixels[:1], 1) if one.name == "layer3"]
    body, step = network.parts[0].network.body, 1e-3
    moved = torch.from_numpy(reading.slopes / np.linalg.norm(reading.slopes) * step).float()
    before = network.evidence(pixels[:1], 1)[0]
    hook = body.get_submodule("layer3").register_forward_hook(lambda module, given, output: output + moved)
    after = network.evidence(pixels[:1], 1)[0]
    hook.remove()
    assert (after - before) / step == pytest.approx(np.linalg.norm(reading.slopes), rel=0.05)


@pytest.mark.parametrize("family", ["residual", "in place", "channels last"])
def test_stages_too_fine_for_a_map_are_passed_over_and_change_nothing(family, pixels, tmp_path):
    job = job_of(FAMILIES[family], tmp_path)
    network = Attributed(job, head_of(job, rooted=True))
    readings = network._read(network._batches(pixels[:1])[0], 1, 16)
    whole = network._read(network._batches(pixels[:1])[0].requires_grad_(), 1, None)
    assert max(one.values.shape[1] for one in readings) <= 16
    assert (len(readings) < len(whole)) == (family == "in place")
    assert [one.name for one in readings] == [one.name for one in whole][-len(readings) :]
    for ours, theirs in zip(readings, whole[-len(readings) :], strict=True):
        np.testing.assert_array_equal(ours.values, theirs.values)
        np.testing.assert_allclose(ours.slopes, theirs.slopes, atol=1e-6 * np.abs(theirs.slopes).max())


def test_slopes_are_those_of_the_evidence(pixels, tmp_path):
    job = job_of("vit_tiny_patch16_224[img_size=64]", tmp_path)
    network = Attributed(job, head_of(job))
    _, slopes = network.slopes(pixels[:1], 1)
    step = np.random.default_rng(4).normal(size=pixels[:1].shape).astype(np.float32) * 1e-3
    ahead, behind = network.evidence(np.concatenate([pixels[:1] + step, pixels[:1] - step]), 1)
    assert float((slopes * step).sum()) == pytest.approx((ahead - behind) / 2, rel=0.05)


def test_behind_a_class_token_the_last_block_that_is_heard(pixels, tmp_path):
    job = job_of("vit_tiny_patch16_224[img_size=64]", tmp_path, pooled=True)
    reading = Attributed(job, head_of(job)).readings(pixels[:1], 1)[-1]
    assert reading.name == "blocks.10"
    assert reading.values.shape[1:] == (4, 4)


def test_looking_inside_changes_nothing(pixels, tmp_path):
    job = job_of("torchvision/mobilenet_v2", tmp_path)
    network = Attributed(job, head_of(job))
    before = network.evidence(pixels, 1)
    network.readings(pixels[:1], 1)
    network.slopes(pixels, 1)
    np.testing.assert_array_equal(network.evidence(pixels, 1), before)
    assert not any(module._forward_hooks for module in network.parts[0].network.modules())


def test_several_side_by_side(pixels, tmp_path):
    one, two = job_of("resnet18", tmp_path), job_of("torchvision/mobilenet_v2", tmp_path)
    joined = JoinedBackbone((one.backbone, two.backbone))
    job = Job(joined, joined.facts.checksum, 1, SIZE, Home(tmp_path))
    head = head_of(job)
    network = Attributed(job, head)
    chances = head.answers(Bags.single(PixelFeatures(job, "torch")(pixels)))
    np.testing.assert_allclose(expit(network.evidence(pixels, 1)), chances[:, 1], atol=1e-3)
    names = {reading.name for reading in network.readings(pixels[:1], 1)}
    assert any("layer" in name for name in names)
    assert any("features" in name for name in names)


def test_a_network_without_a_map(pixels, tmp_path):
    if not CUSTOM.knows("flat-for-explaining"):
        register_backbone(
            "flat-for-explaining",
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 4)),
            size=SIZE,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        )
    job = job_of("flat-for-explaining", tmp_path)
    with pytest.raises(UsageError, match="none of its stages is a map of the picture; use occlusion"):
        Attributed(job, head_of(job)).readings(pixels[:1], 1)


def test_a_head_without_a_gradient_is_refused(tmp_path):
    ones = np.ones(3, np.float32)
    gallery = GalleryHead(np.eye(2, 3, dtype=np.float32), np.array([0, 1]), ones, ones, np.zeros(2), 1.0, 1, False)
    with pytest.raises(UsageError, match="use occlusion"):
        Attributed(job_of("resnet18", tmp_path), gallery)


def test_no_parameter_has_a_gradient(tmp_path):
    job = job_of("resnet18", tmp_path)
    network = Attributed(job, head_of(job)).parts[0].network
    assert not any(item.requires_grad for item in network.parameters())
    assert not any(module.training for module in network.modules())
    assert isinstance(next(network.parameters()), torch.Tensor)
