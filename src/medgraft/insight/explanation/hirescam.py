"""HiResCAM: at every place, what each channel is times how the evidence changes with it, added up.

Where all that follows a stage is a global mean and a linear head, its map says exactly how much each place adds to the
evidence; Grad-CAM, which first averages the slopes over the picture, may point elsewhere. The slope at a stage is that
of everything after it, also of what a head reads off later stages. The maps of several stages are fused (``fusing``).

Source: Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM for faithful explanations.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.explanation.explainer import EXPLAINERS, Explained, require_gradient
from medgraft.insight.explanation.fusing import fused

__all__ = ["HiResCam"]


@EXPLAINERS.register("hirescam")
class HiResCam:
    """See the contract."""

    name: ClassVar[str] = "hirescam"
    summary: ClassVar[str] = "each place of the finer stages times its slope (the default)"
    needs_gradient: ClassVar[bool] = True

    def __call__(self, network: Explained, pixels: NDArray[np.float32], target: int) -> NDArray[np.float32]:
        """(S, S), signed: see the contract."""
        require_gradient(network, self.name)
        readings = network.readings(pixels, target)
        return fused([(one.values * one.slopes).sum(axis=0) for one in readings], pixels.shape[-1])
