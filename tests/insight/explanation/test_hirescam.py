"""HiResCAM is exact where the evidence is a sum over places, and equals pytorch-grad-cam's on a plain network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.insight.explanation.explainer import Reading
from medgraft.insight.explanation.hirescam import HiResCam


def test_the_map_is_what_each_place_adds(spot):
    """Up to its scale, which is each map's own."""
    network, pixels, _ = spot
    heat = HiResCam()(network, pixels, 1)
    added = pixels[0, 0] * network.weight[0]
    np.testing.assert_allclose(heat * added.sum(), added, atol=1e-5)


def test_equal_to_an_independent_library():
    """Of the library's map only the positive part, scaled to one, can be compared."""
    library = pytest.importorskip("pytorch_grad_cam")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1))
        network = nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)).eval()
    pixels = torch.linspace(0, 1, 16 * 16).mul(37).remainder(1).view(1, 1, 16, 16)
    targets = [library.utils.model_targets.ClassifierOutputTarget(1)]
    with library.HiResCAM(network, [body]) as cam:
        theirs = cam(pixels, targets)[0]

    maps = body(pixels).detach().requires_grad_()
    (slope,) = torch.autograd.grad(network[1:](maps)[0, 1], maps)
    reading = Reading("body", maps[0].detach().double().numpy(), slope[0].double().numpy())

    class Read:
        no_gradient = ""

        def readings(self, given, target):
            return [reading]

    ours = np.maximum(HiResCam()(Read(), np.zeros((1, 1, 8, 8), np.float32), 1), 0)
    small = theirs.reshape(8, 2, 8, 2).mean(axis=(1, 3))
    assert np.corrcoef(ours.ravel(), small.ravel())[0, 1] > 0.95
