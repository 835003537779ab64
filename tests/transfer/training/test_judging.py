"""The loss of validation cases, weighted, in any batch size, with the network in eval."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.judging import judge
from medgraft.transfer.training.objective import CrossEntropy
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.recipe import Recipe

IMAGES = np.random.default_rng(0).random((7, 1, 2, 2), dtype=np.float32)


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_it_is_the_weighted_mean_whatever_the_batch(batch_size):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Dropout(0.9))
    labels, weights = np.array([0, 1, 1, 0, 1, 0, 0]), np.linspace(0.5, 2, 7)
    val = Examples(np.arange(7), labels, weights, np.arange(7), PixelFeed(lambda rows: IMAGES[rows]))
    recipe = Recipe(1, batch_size, 0.0, 1, 1.0, 0, "cpu", objective=CrossEntropy(0.5))
    network.train()
    loss, probability = judge(network, val, recipe, Placement("cpu"))
    assert not network.training
    with torch.no_grad():
        logits = network(torch.from_numpy(IMAGES)).double()
    expected = torch.softmax(logits, dim=1).numpy()
    np.testing.assert_allclose(probability, expected, atol=1e-6)
    assert loss == pytest.approx(np.mean(-np.log(expected[np.arange(7), labels]) * weights), rel=1e-5)
