"""Completeness: what is given to the pixels is the difference of evidence; cross-checked with captum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from medgraft.insight.explanation.integrated_gradients import IntegratedGradients


class Curved:
    """A smooth network that is not linear: ``Σ w tanh(3 x)² + (Σ v x)²``."""

    no_gradient = ""

    def __init__(self, side):
        rng = np.random.default_rng(4)
        self.w, self.v = (torch.from_numpy(rng.normal(size=(1, side, side))) for _ in range(2))

    def odds(self, x):
        return (self.w * torch.tanh(3 * x) ** 2).sum(dim=(1, 2, 3)) + (self.v * x).sum(dim=(1, 2, 3)) ** 2

    def evidence(self, pixels, target):
        return self.odds(torch.from_numpy(pixels).double()).numpy()

    def slopes(self, pixels, target):
        x = torch.from_numpy(pixels).double().requires_grad_()
        odds = self.odds(x)
        return odds.detach().numpy(), torch.autograd.grad(odds.sum(), x)[0].numpy()


@pytest.fixture
def picture():
    return np.random.default_rng(5).random((1, 1, 12, 12), dtype=np.float32)


def start_of(pixels, blur=0.08):
    return gaussian_filter(pixels, (0, 0, blur * 12, blur * 12))


def test_completeness(picture):
    network = Curved(12)
    first, last = network.evidence(np.concatenate([start_of(picture), picture]), 1)
    heat = IntegratedGradients()(network, picture, 1)
    assert abs(first - last) > 0.1
    assert heat.sum() == pytest.approx(last - first, rel=0.02)


def test_steps_are_doubled_until_it_holds(picture):
    network, asked = Curved(12), []
    plain = network.slopes
    network.slopes = lambda pixels, target: asked.append(len(pixels)) or plain(pixels, target)
    IntegratedGradients(tolerance=0.0)(network, picture, 1)
    assert asked == [8, 16, 32, 64, 128]


def test_equal_to_captum(picture):
    captum = pytest.importorskip("captum.attr")
    network = Curved(12)
    theirs = captum.IntegratedGradients(network.odds).attribute(
        torch.from_numpy(picture).double(), torch.from_numpy(start_of(picture)).double(), n_steps=64
    )
    ours = IntegratedGradients(tolerance=1e-6)(network, picture, 1)
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), atol=1e-4)
