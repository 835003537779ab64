"""What a picture is once its bytes are understood.

``Image`` carries the pixels exactly as stored (16 bits stay 16 bits) and everything that is needed to
read them: the declared range, the unit, the spacing, and each step that was applied on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ReaderError
from medgraft.types import Modality, Unit

__all__ = ["Image", "Pixels"]

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16] | NDArray[np.int32] | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Image:
    """One picture. ``pixels`` is ``(C, H, W)`` with C = 1 (grey) or 3 (RGB).

    ``low`` and ``high`` are the *declared* range: the values that mean black and white by the encoding
    (0 and 255 for 8 bits), not the extremes of this picture. ``spacing`` is (row, column) in mm.
    """

    pixels: NDArray[Any]
    low: float
    high: float
    unit: Unit = Unit.STORED
    modality: Modality = Modality.UNKNOWN
    spacing: tuple[float, float] | None = None
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[0] not in (1, 3) or 0 in shape:
            raise ReaderError(f"got pixels of shape {shape}; (1 or 3, rows, columns) are needed")
        if not self.high > self.low:
            raise ReaderError(f"the declared range {self.low:g}…{self.high:g} is empty")

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return int(self.pixels.shape[0])

    @property
    def is_grey(self) -> bool:
        """Whether it is grey, also if it is stored as RGB with three equal channels."""
        planes = self.pixels
        return len(planes) == 1 or (np.array_equal(planes[0], planes[1]) and np.array_equal(planes[0], planes[2]))

    def with_step(self, step: str, **changes: Any) -> Image:
        """The same image after ``changes``, with ``step`` added to what was applied."""
        return replace(self, steps=(*self.steps, step), **changes)
