"""Which bundles have a gradient, and what is said of those that have none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.insight.explanation.attributed import Attributed
from medgraft.insight.explanation.drawn import Drawn
from medgraft.insight.explanation.opening import open_network
from medgraft.source.backbones.handcrafted import classical
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.engine import EngineUnavailable, Job
from medgraft.transfer.models.heads.gallery import GalleryHead
from medgraft.transfer.models.heads.linear import LinearHead


def job_of(backbone, tmp_path):
    return Job(backbone, backbone.facts.checksum, 1, 64, Home(tmp_path))


@pytest.fixture
def job(tmp_path):
    return job_of(resolve_backbone("resnet18", weights="random", home=Home(tmp_path)), tmp_path)


def linear(width):
    weight = np.random.default_rng(0).normal(size=(2, width)) * 0.01
    return LinearHead(weight.astype(np.float32), np.zeros(2, np.float32))


def test_a_linear_head_has_a_gradient(job):
    assert isinstance(open_network(job, linear(job.backbone.facts.feature_dim)), Attributed)


def test_the_default_backbone_is_drawn(tmp_path, monkeypatch):
    backbone = resolve_backbone("tf_efficientnet_lite0", home=Home(tmp_path))
    whole = Job(backbone, backbone.facts.checksum, 1, 224, Home(tmp_path))
    head = linear(backbone.facts.feature_dim)
    assert isinstance(open_network(whole, head), Drawn)

    def unavailable(*given, **options):
        raise EngineUnavailable("planted")

    monkeypatch.setattr("medgraft.insight.explanation.drawn.PixelFeatures", unavailable)
    assert isinstance(open_network(whole, head), Attributed), "PyTorch takes over"


def test_neighbours_can_only_be_asked(job):
    width = job.backbone.facts.feature_dim
    zeros, ones = np.zeros(width, np.float32), np.ones(width, np.float32)
    rows = np.random.default_rng(1).normal(size=(4, width)).astype(np.float32)
    gallery = GalleryHead(rows, np.array([0, 1, 0, 1]), zeros, ones, np.zeros(2), 1.0, 3, False)
    network = open_network(job, gallery, engine="torch")
    assert "'gallery'" in network.no_gradient
    assert network.evidence(np.full((1, 1, 64, 64), 0.5, np.float32), 1).shape == (1,)


def test_hand_crafted_features_can_only_be_asked(tmp_path):
    backbone = classical(None).for_channels(1)
    head, pixels = linear(backbone.facts.feature_dim), np.random.default_rng(2).random((2, 1, 64, 64), dtype=np.float32)
    network = open_network(job_of(backbone, tmp_path), head)
    assert "hand-crafted" in network.no_gradient
    features = network._features(pixels)
    np.testing.assert_allclose(expit(network.evidence(pixels, 1)), head.answers(Bags.single(features))[:, 1], atol=1e-6)


def test_volumes_taken_whole_are_refused(tmp_path):
    backbone = resolve_backbone("resnet18", weights="random", home=Home(tmp_path)).inflated()
    with pytest.raises(UsageError, match=r"backbone\.volumes=slices"):
        open_network(job_of(backbone, tmp_path), linear(backbone.facts.feature_dim))
