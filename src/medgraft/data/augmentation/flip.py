"""Mirror images and quarter turns: only for pictures that have no left, right, up or down of their own.

A chest has its heart on one side, so a radiograph is never mirrored: the policies decide.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels

__all__ = ["Flip"]


@TRANSFORMS.register("flip")
class Flip(BaseModel):
    """Probabilities of each mirroring; with all three at 0.5, the eight symmetries of a square are equally likely."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "flip"

    kind: Literal["flip"] = "flip"
    horizontal: float = Field(default=0.0, ge=0, le=1, description="probability of exchanging left and right")
    vertical: float = Field(default=0.0, ge=0, le=1, description="probability of exchanging up and down")
    transpose: float = Field(default=0.0, ge=0, le=1, description="probability of exchanging rows and columns")

    def draw(self, rng: np.random.Generator) -> Draw:
        """``horizontal``, ``vertical``, ``transpose``: 0 or 1."""
        chances = {"horizontal": self.horizontal, "vertical": self.vertical, "transpose": self.transpose}
        return Draw(self.name, {key: float(rng.random() < chance) for key, chance in chances.items()})

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """Exact: every pixel keeps its value."""
        result = pixels
        if draw.values["horizontal"]:
            result = result[:, :, ::-1]
        if draw.values["vertical"]:
            result = result[:, ::-1, :]
        if draw.values["transpose"]:
            result = result.transpose(0, 2, 1)
        return result if result is pixels else np.ascontiguousarray(result)
