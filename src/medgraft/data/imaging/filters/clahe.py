"""Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), by scikit-image: radiographs and fundus."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.imaging.filters.filter import FILTERS, Pixels

__all__ = ["Clahe"]


@FILTERS.register("clahe")
class Clahe(BaseModel):
    """Local contrast, limited so that noise is not blown up."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "clahe"

    kind: Literal["clahe"] = "clahe"
    clip_limit: float = Field(default=0.01, gt=0, le=1, description="largest share of a histogram in one bin")
    tiles: int = Field(default=8, ge=2, le=64, description="tiles a side")

    def apply(self, pixels: Pixels) -> Pixels:
        """Each channel by itself."""
        from skimage.exposure import equalize_adapthist

        clipped = np.clip(pixels, 0.0, 1.0)
        tile = tuple(max(1, side // self.tiles) for side in pixels.shape[1:])
        found = [
            equalize_adapthist(channel, kernel_size=tile, clip_limit=self.clip_limit)
            if channel.max() > channel.min()
            else channel
            for channel in clipped
        ]
        return np.stack(found).astype(np.float32)
