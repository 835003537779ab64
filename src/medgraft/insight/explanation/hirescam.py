"""HiResCAM: at every place, what each channel is times how the evidence changes with it, added up.

Where the evidence is a sum over places of what stands there (a global mean and a linear head) the map says exactly how
much each place adds to it; Grad-CAM, which first averages the slopes over the picture, may point elsewhere. Here each
stage that the answer reads is mapped by itself, made as large as the picture, and the maps are added.

Source: Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM for faithful explanations.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.explanation.explainer import EXPLAINERS, Explained, require_gradient
from medgraft.insight.explanation.enlarging import enlarged

__all__ = ["HiResCam"]


@EXPLAINERS.register("hirescam")
class HiResCam:
    """See the contract."""

    name: ClassVar[str] = "hirescam"
    summary: ClassVar[str] = "what each place of each stage adds to the answer (the default)"
    needs_gradient: ClassVar[bool] = True

    def __call__(self, network: Explained, pixels: NDArray[np.float32], target: int) -> NDArray[np.float32]:
        """(S, S), signed: see the contract."""
        require_gradient(network, self.name)
        maps = [
            enlarged((reading.values * reading.slopes).sum(axis=0), pixels.shape[-1])
            for reading in network.readings(pixels, target)
        ]
        return np.sum(maps, axis=0).astype(np.float32)
