"""Grad-CAM: each channel weighted by the mean of its slope over the picture. Kept because it is what others report.

Where slopes differ from place to place their mean may point at places that add nothing to the answer: prefer HiResCAM,
which equals it where the slope is the same everywhere. The same stages are fused. The usual rectification is left to
whoever shows the map.

Source: Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.explanation.explainer import EXPLAINERS, Explained, require_gradient
from medgraft.insight.explanation.fusing import fused

__all__ = ["GradCam"]


@EXPLAINERS.register("gradcam")
class GradCam:
    """See the contract."""

    name: ClassVar[str] = "gradcam"
    summary: ClassVar[str] = "channels weighted by their mean slope; for comparison with others' maps"
    needs_gradient: ClassVar[bool] = True

    def __call__(self, network: Explained, pixels: NDArray[np.float32], target: int) -> NDArray[np.float32]:
        """(S, S), signed: see the contract."""
        require_gradient(network, self.name)
        readings = network.readings(pixels, target)
        weights = [one.slopes.mean(axis=(1, 2), keepdims=True) for one in readings]
        grids = [(one.values * weight).sum(axis=0) for one, weight in zip(readings, weights, strict=True)]
        return fused(grids, pixels.shape[-1])
