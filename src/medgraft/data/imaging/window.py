"""The VOI window functions of DICOM PS3.3 C.11.2.1.2: values in the unit of the picture → display [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ReaderError

__all__ = ["apply_window"]


def apply_window(values: NDArray[Any], center: float, width: float, function: str) -> NDArray[np.float32]:
    """``values`` through the window, same shape, float32 in [0, 1].

    ``center`` and ``width`` are in the unit of ``values``. ``function`` is LINEAR (needs width >= 1),
    LINEAR_EXACT or SIGMOID (need width > 0); anything else is a ``ReaderError``.
    """
    enough = width >= 1 if function == "LINEAR" else width > 0
    if not enough or not np.isfinite(center) or not np.isfinite(width):
        raise ReaderError(f"its window (center {center:g}, width {width:g}) is not valid for {function}")
    x = np.asarray(values, dtype=np.float64)
    if function == "LINEAR":
        middle, span = center - 0.5, width - 1.0
        if span == 0:
            return (x > middle).astype(np.float32)
        shown = (x - middle) / span + 0.5
    elif function == "LINEAR_EXACT":
        shown = (x - center) / width + 0.5
    elif function == "SIGMOID":
        # 1 / (1 + exp(-4 (x - c) / w)), written so that it cannot overflow.
        shown = 0.5 * (1.0 + np.tanh(2.0 * (x - center) / width))
    else:
        raise ReaderError("its VOI LUT function is none of LINEAR, LINEAR_EXACT, SIGMOID; correct the tag")
    return np.clip(shown, 0.0, 1.0).astype(np.float32)
