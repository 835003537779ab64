"""N4 bias-field correction (Tustison 2010), by SimpleITK: for MR whose coil makes one side brighter."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.imaging.filters.filter import FILTERS, Pixels, missing

__all__ = ["BiasField"]

_OFFSET = 1e-3


@FILTERS.register("bias-field")
class BiasField(BaseModel):
    """Divide by a smooth field."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "bias-field"

    kind: Literal["bias-field"] = "bias-field"
    shrink: int = Field(default=4, ge=1, le=16, description="the field is found in a picture this many times smaller")
    iterations: int = Field(default=30, ge=1, le=500, description="most steps at each of four levels")

    def apply(self, pixels: Pixels) -> Pixels:
        """Each channel by itself; brightness as a whole stays."""
        try:
            import SimpleITK
        except ImportError as error:
            raise missing("SimpleITK", "filters") from error
        itk: Any = SimpleITK  # its stubs know few of its functions
        found = []
        for channel in np.clip(pixels, 0.0, 1.0):
            image = itk.GetImageFromArray(channel + np.float32(_OFFSET))
            small = itk.Shrink(image, [max(1, min(self.shrink, min(channel.shape) // 8))] * 2)
            corrector = itk.N4BiasFieldCorrectionImageFilter()
            corrector.SetMaximumNumberOfIterations([self.iterations] * 4)
            corrector.Execute(small, itk.OtsuThreshold(small, 0, 1, 200))
            field = np.exp(itk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image)))
            found.append((channel + _OFFSET) / (field / np.median(field)) - _OFFSET)
        return np.asarray(np.clip(np.stack(found), 0.0, 1.0), dtype=np.float32)
