"""Blur: a coarser focal spot, a thicker slice, a little motion."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels

__all__ = ["Blur"]


@TRANSFORMS.register("blur")
class Blur(BaseModel):
    """Gaussian blur, the border repeated."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "blur"

    kind: Literal["blur"] = "blur"
    sigma: float = Field(
        default=0.8, ge=0, le=4, description="largest standard deviation, pixels at the network's size"
    )
    probability: float = Field(default=0.2, ge=0, le=1, description="how often there is any")

    def draw(self, rng: np.random.Generator) -> Draw:
        """``sigma`` in pixels (0: none)."""
        happens, share = rng.random() < self.probability, rng.random()
        return Draw(self.name, {"sigma": float(share * self.sigma) if happens else 0.0})

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """Rows, then columns, with the kernel cut at three sigma."""
        sigma = draw.values["sigma"]
        if sigma == 0:
            return pixels
        reach = max(1, math.ceil(3 * sigma))
        kernel = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
        kernel = (kernel / (kernel[0] + 2 * kernel[1:].sum())).astype(np.float32)
        result = pixels
        for axis in (1, 2):
            result = _along(result, kernel, axis)
        return np.clip(result, 0, 1, out=result)


def _along(pixels: Pixels, kernel: Pixels, axis: int) -> Pixels:
    """Convolve one axis with a symmetric kernel given by its right half."""
    reach, side = len(kernel) - 1, pixels.shape[axis]
    widths = [(0, 0)] * 3
    widths[axis] = (reach, reach)
    wide = np.moveaxis(np.pad(pixels, widths, mode="edge"), axis, 0)
    total = kernel[0] * wide[reach : reach + side]
    for step in range(1, reach + 1):
        total += kernel[step] * (wide[reach - step : reach - step + side] + wide[reach + step : reach + step + side])
    return np.ascontiguousarray(np.moveaxis(total, 0, axis))
