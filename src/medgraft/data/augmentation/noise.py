"""Grain: what a lower dose or a higher gain adds."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels

__all__ = ["Noise"]

_SEEDS = 2**31


@TRANSFORMS.register("noise")
class Noise(BaseModel):
    """Gaussian noise, independent from pixel to pixel and channel to channel."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "noise"

    kind: Literal["noise"] = "noise"
    sigma: float = Field(
        default=0.02, ge=0, le=1, description="largest standard deviation, as a share of the range 0 to 1"
    )
    probability: float = Field(default=0.5, ge=0, le=1, description="how often there is any")

    def draw(self, rng: np.random.Generator) -> Draw:
        """``sigma`` (0: none) and the ``seed`` of the grain."""
        happens, share, seed = rng.random() < self.probability, rng.random(), int(rng.integers(_SEEDS))
        return Draw(self.name, {"sigma": float(share * self.sigma) if happens else 0.0, "seed": float(seed)})

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """The grain follows from the draw's seed alone."""
        if draw.values["sigma"] == 0:
            return pixels
        result = np.random.default_rng(int(draw.values["seed"])).standard_normal(pixels.shape, dtype=np.float32)
        result *= np.float32(draw.values["sigma"])
        result += pixels
        return np.clip(result, 0, 1, out=result)
