"""The check that a map tells of the network: shipped methods pass, a planted one that draws edges does not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude
from scipy.stats import spearmanr

from medgraft.home import Home
from medgraft.insight.explanation.attributed import Attributed
from medgraft.insight.explanation.catalogue import EXPLAINERS
from medgraft.insight.explanation.explainer import make_explainer
from medgraft.insight.explanation.forgetting import forgetting
from medgraft.insight.explanation.integrated_gradients import IntegratedGradients
from medgraft.insight.explanation.occlusion import Occlusion
from medgraft.insight.explanation.scoring.randomisation import (
    Randomised,
    cascading_randomisation,
    likeness,
    passes,
)
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.heads.linear import LinearHead

SIZE = 64
COARSE = {"occlusion": Occlusion(0.25), "integrated-gradients": IntegratedGradients(tolerance=1.0)}
"""The two that ask often, with fewer questions."""


class Edges:
    """Planted: it draws the edges of the picture, whatever the network says."""

    name, summary, needs_gradient = "edges", "", False

    def __call__(self, network, pixels, target):
        return gaussian_gradient_magnitude(pixels[0, 0], 1)


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    """The network with ImageNet's weights, what it is when it forgets, and two smooth pictures."""
    home = Home(tmp_path_factory.mktemp("home"))
    backbone = resolve_backbone("tf_efficientnet_lite0", home=home).pooled()
    job = Job(backbone, backbone.facts.checksum, 1, SIZE, home)
    rng = np.random.default_rng(0)
    weight = (rng.normal(size=(2, backbone.facts.feature_dim)) * 0.05).astype(np.float32)
    head = LinearHead(weight, np.zeros(2, np.float32))
    blobs = [gaussian_filter(rng.random((1, 1, SIZE, SIZE)), (0, 0, 4, 4)) for _ in range(2)]
    pictures = [((blob - blob.min()) / np.ptp(blob)).astype(np.float32) for blob in blobs]
    steps = list(forgetting(job, head, seed=1, only=("head", "blocks.3", "conv_stem")))
    assert [name for name, _ in steps] == ["head", "blocks.3", "conv_stem"]
    return Attributed(job, head), steps, pictures


@pytest.mark.parametrize("method", list(EXPLAINERS))
def test_shipped_methods_pass(method, setting):
    network, steps, pictures = setting
    found = cascading_randomisation(COARSE.get(method) or make_explainer(method), network, steps, pictures, 1)
    assert found[0].stage == "head"
    assert passes(found), [(one.stage, round(one.likeness, 2)) for one in found]


def test_a_method_that_ignores_the_weights_fails(setting):
    network, steps, pictures = setting
    found = cascading_randomisation(Edges(), network, steps, pictures, 1)
    assert not passes(found)
    assert all(one.likeness == pytest.approx(1) for one in found)


def test_likeness_is_spearmans_without_its_sign():
    left, right = np.random.default_rng(0).normal(size=(2, 9, 9)).astype(np.float32)
    right += 0.5 * left
    assert likeness(left, right) == pytest.approx(abs(spearmanr(left.ravel(), right.ravel())[0]))
    assert likeness(left, -left) == pytest.approx(1)
    assert likeness(left, np.zeros_like(left)) == 0


def test_only_the_end_counts():
    assert passes([Randomised("head", 0.9), Randomised("stem", 0.2)])
    assert not passes([Randomised("head", 0.1), Randomised("stem", 0.8)])
