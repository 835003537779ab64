"""Grad-CAM equals HiResCAM where the slope is the same everywhere, and not elsewhere."""

from __future__ import annotations

import numpy as np

from medgraft.insight.explanation.explainer import Reading
from medgraft.insight.explanation.gradcam import GradCam
from medgraft.insight.explanation.hirescam import HiResCam


def test_equal_under_equal_slopes(spot):
    network, pixels, _ = spot
    values = np.random.default_rng(1).normal(size=(3, 8, 8))
    slopes = np.broadcast_to(np.array([1.0, -2.0, 0.5])[:, None, None], values.shape)
    network.readings = lambda given, target: [Reading("a", values, slopes)]
    np.testing.assert_allclose(GradCam()(network, pixels, 1), HiResCam()(network, pixels, 1), atol=1e-6)


def test_a_mean_slope_points_where_nothing_is_added(spot):
    """Places that the evidence does not read get colour: the known fault of the method."""
    network, pixels, outline = spot
    assert np.abs(HiResCam()(network, pixels, 1)[~outline]).max() == 0
    assert np.abs(GradCam()(network, pixels, 1)[~outline]).max() > 0
