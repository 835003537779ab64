"""Rotation, scale and shift about the picture's centre: how a patient may stand a little differently.

Linear interpolation; what comes in from outside repeats the border, so that no black corners tell the network
that a picture was turned.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels

__all__ = ["Affine"]


@TRANSFORMS.register("affine")
class Affine(BaseModel):
    """Largest change of each kind; every draw is uniform between its negative and positive limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "affine"

    kind: Literal["affine"] = "affine"
    degrees: float = Field(default=7.0, ge=0, le=180, description="largest rotation, degrees")
    scale: float = Field(
        default=0.08, ge=0, lt=1, description="largest change of size, as a share (0.08: 0.92 to 1.08)"
    )
    shift: float = Field(
        default=0.04, ge=0, le=0.5, description="largest shift along each axis, as a share of the side"
    )

    def draw(self, rng: np.random.Generator) -> Draw:
        """``degrees`` (counter-clockwise), ``scale`` (factor), ``right`` and ``down`` (shares of the side)."""
        turn, size, right, down = rng.uniform(-1, 1, 4)
        return Draw(
            self.name,
            {
                "degrees": float(turn * self.degrees),
                "scale": float(1 + size * self.scale),
                "right": float(right * self.shift),
                "down": float(down * self.shift),
            },
        )

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """Each pixel of the result is looked up where it came from."""
        values = draw.values
        if values == {"degrees": 0.0, "scale": 1.0, "right": 0.0, "down": 0.0}:
            return pixels
        side = pixels.shape[-1]
        angle = math.radians(values["degrees"])
        cos, sin = math.cos(angle) / values["scale"], math.sin(angle) / values["scale"]
        # Pillow looks up at pixel centres (+ 0.5) by itself, so the centre is at side / 2.
        middle = side / 2
        right, down = middle + values["right"] * side, middle + values["down"] * side
        from_x = middle - cos * right + sin * down
        from_y = middle - sin * right - cos * down
        margin = _margin(side, (cos, sin, from_x), (sin, cos, from_y))
        matrix = (cos, -sin, from_x + margin, sin, cos, from_y + margin)
        result = np.empty_like(pixels)
        for channel, plane in enumerate(pixels):
            wide = Image.fromarray(np.pad(plane, margin, mode="edge"))
            moved = wide.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
            result[channel] = np.asarray(moved)
        return np.clip(result, 0, 1, out=result)


def _margin(side: int, across: tuple[float, float, float], along: tuple[float, float, float]) -> int:
    """How far outside the picture its corners are looked up, in pixels, and two more for interpolation."""
    cos, sin, from_x = across
    from_y = along[2]
    reach = 0.0
    for x in (0, side):
        for y in (0, side):
            source_x, source_y = cos * x - sin * y + from_x, sin * x + cos * y + from_y
            reach = max(reach, -source_x, -source_y, source_x - side, source_y - side)
    return math.ceil(reach) + 2
