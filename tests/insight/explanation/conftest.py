"""A network whose right explanation is known: evidence is a weighted sum over the places of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.insight.explanation.explainer import Reading


class Sum:
    """``evidence = Σ weight · pixel`` of class 1, and the opposite of class 0; read on a grid of the pixels."""

    no_gradient = ""

    def __init__(self, weight):
        self.weight = weight
        self.asked = 0

    def evidence(self, pixels, target):
        self.asked += len(pixels)
        return (1 if target else -1) * (pixels.astype(np.float64) * self.weight).sum(axis=(1, 2, 3))

    def slopes(self, pixels, target):
        slope = np.broadcast_to((1 if target else -1) * self.weight, pixels.shape)
        return self.evidence(pixels, target), slope.astype(np.float64)

    def readings(self, pixels, target):
        slope = np.broadcast_to((1 if target else -1) * self.weight, pixels.shape[1:])
        return [Reading("pixels", pixels[0].astype(np.float64), slope.astype(np.float64))]


class Silent(Sum):
    """The same, which can only be asked."""

    no_gradient = "a planted reason"


@pytest.fixture
def spot():
    """A picture (1, 1, 32, 32) of noise whose evidence stands in rows 8 to 16, columns 20 to 28, and the network."""
    pixels = np.random.default_rng(0).random((1, 1, 32, 32), dtype=np.float32)
    weight = np.zeros((1, 32, 32))
    weight[0, 8:16, 20:28] = 1.0
    pixels[0, 0, 8:16, 20:28] += 1.0
    return Sum(weight), pixels, weight[0] > 0


@pytest.fixture
def silent(spot):
    """The network of ``spot`` without its gradient."""
    return Silent(spot[0].weight)
