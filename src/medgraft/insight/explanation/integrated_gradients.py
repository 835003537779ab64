"""Integrated gradients: the slope of the evidence at each pixel, added up on the way from a blurred picture.

What is given to the pixels adds up to the difference of evidence between the picture and its blurred self
(completeness), to within ``tolerance``: steps are doubled until it does. A blurred picture holds no finding and is
still a picture of its kind; black, the usual start, gives nothing to what is dark, and in a film dark is a finding too.

Source: Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks; Sturmfels, Lundberg & Lee 2020 (starts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from medgraft.insight.explanation.explainer import EXPLAINERS, Explained, require_gradient

__all__ = ["IntegratedGradients"]

_FIRST, _MOST = 8, 128


@EXPLAINERS.register("integrated-gradients")
@dataclass(frozen=True)
class IntegratedGradients:
    """See the contract. ``blur``: standard deviation of the start's blur, as a share of the picture's side;
    ``tolerance``: of completeness, as a share of the difference."""

    name: ClassVar[str] = "integrated-gradients"
    summary: ClassVar[str] = "slopes added up on the way from a blurred picture; pixel by pixel, noisy"
    needs_gradient: ClassVar[bool] = True

    blur: float = 0.08
    tolerance: float = 0.02

    def __call__(self, network: Explained, pixels: NDArray[np.float32], target: int) -> NDArray[np.float32]:
        """(S, S), signed: see the contract."""
        require_gradient(network, self.name)
        width = self.blur * pixels.shape[-1]
        start = gaussian_filter(pixels, (0, 0, width, width))
        first, last = network.evidence(np.concatenate([start, pixels]), target)
        steps = _FIRST
        while True:
            heat = self._along(network, start, pixels, target, steps)
            missed = abs(float(heat.sum()) - (last - first))
            if missed <= self.tolerance * abs(last - first) or steps >= _MOST:
                return heat.astype(np.float32)
            steps *= 2

    @staticmethod
    def _along(
        network: Explained, start: NDArray[np.float32], end: NDArray[np.float32], target: int, steps: int
    ) -> NDArray[np.float64]:
        """(S, S) with ``steps`` points of Gauss and Legendre on the way."""
        points, weights = np.polynomial.legendre.leggauss(steps)
        way = ((points + 1) / 2)[:, None, None, None]
        _, slopes = network.slopes((start + way * (end - start)).astype(np.float32), target)
        mean = np.tensordot(weights / 2, slopes, axes=1)
        return np.asarray((mean * (end - start)[0]).sum(axis=0))
