"""Total-variation denoising (Chambolle 2004), by scikit-image: for grainy MR and ultrasound."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.imaging.filters.filter import FILTERS, Pixels

__all__ = ["Denoise"]


@FILTERS.register("denoise")
class Denoise(BaseModel):
    """Smooth within edges."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "denoise"

    kind: Literal["denoise"] = "denoise"
    weight: float = Field(default=0.05, gt=0, le=1, description="strength; larger is smoother")

    def apply(self, pixels: Pixels) -> Pixels:
        """Each channel by itself."""
        from skimage.restoration import denoise_tv_chambolle

        smoothed: Any = denoise_tv_chambolle
        found = [smoothed(channel, weight=self.weight) for channel in np.clip(pixels, 0.0, 1.0)]
        return np.asarray(np.clip(np.stack(found), 0.0, 1.0), dtype=np.float32)
