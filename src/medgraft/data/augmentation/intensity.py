"""Brightness, contrast and gamma: how another detector or display would show the same picture.

The same change for all channels: hue is never touched, so grey stays grey and a stain keeps its colour.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels

__all__ = ["Intensity"]


@TRANSFORMS.register("intensity")
class Intensity(BaseModel):
    """Largest change of each kind; uniform draws, contrast and gamma on the logarithmic scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "intensity"

    kind: Literal["intensity"] = "intensity"
    brightness: float = Field(default=0.06, ge=0, le=1, description="largest shift, as a share of the range 0 to 1")
    contrast: float = Field(default=0.15, ge=0, le=2, description="largest |ln| of the factor about mid-grey")
    gamma: float = Field(default=0.15, ge=0, le=2, description="largest |ln| of the exponent")

    def draw(self, rng: np.random.Generator) -> Draw:
        """``brightness`` (added), ``contrast`` (factor), ``gamma`` (exponent)."""
        shift, factor, exponent = rng.uniform(-1, 1, 3)
        return Draw(
            self.name,
            {
                "brightness": float(shift * self.brightness),
                "contrast": math.exp(factor * self.contrast),
                "gamma": math.exp(exponent * self.gamma),
            },
        )

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """``clip((x^gamma − 0.5) · contrast + 0.5 + brightness, 0, 1)``."""
        brightness, contrast, gamma = (np.float32(draw.values[key]) for key in ("brightness", "contrast", "gamma"))
        if brightness == 0 and contrast == 1 and gamma == 1:
            return pixels
        result = np.power(pixels, gamma) if gamma != 1 else pixels.copy()
        result *= contrast
        result += np.float32(0.5) * (1 - contrast) + brightness
        return np.clip(result, 0, 1, out=result)
