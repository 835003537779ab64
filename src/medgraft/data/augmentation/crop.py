"""A part of the picture, enlarged to the whole: the strongest change that leaves what is seen true.

Source: Szegedy et al. 2015 (cropping by area and aspect); Chen et al. 2020, SimCLR (of all changes, the one that makes
views useful).
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels

__all__ = ["Crop"]


@TRANSFORMS.register("crop")
class Crop(BaseModel):
    """Share of the area, aspect and place; uniform draws, the aspect on the logarithmic scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "crop"

    kind: Literal["crop"] = "crop"
    area: float = Field(default=0.3, gt=0, le=1, description="smallest share of the picture's area that is kept")
    aspect: float = Field(default=0.25, ge=0, le=1, description="largest |ln| of width over height")

    def draw(self, rng: np.random.Generator) -> Draw:
        """``left``, ``top``, ``width``, ``height``: shares of the side."""
        share, lean, across, along = rng.random(4)
        side, ratio = math.sqrt(self.area + share * (1 - self.area)), math.exp((2 * lean - 1) * self.aspect / 2)
        width, height = min(1.0, side * ratio), min(1.0, side / ratio)
        left, top = across * (1 - width), along * (1 - height)
        return Draw(self.name, {"left": left, "top": top, "width": width, "height": height})

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """Linear interpolation; a part that is larger than the result is averaged, so that nothing flickers."""
        left, top, width, height = (draw.values[key] for key in ("left", "top", "width", "height"))
        if (width, height) == (1.0, 1.0):
            return pixels
        side = pixels.shape[-1]
        box = (left * side, top * side, min(side, (left + width) * side), min(side, (top + height) * side))
        result = np.empty_like(pixels)
        for channel, plane in enumerate(pixels):
            part = Image.fromarray(plane).resize((side, side), Image.Resampling.BILINEAR, box=box)
            result[channel] = np.asarray(part)
        return np.clip(result, 0, 1, out=result)
