"""From values to what is shown: the VOI windows and tables of DICOM PS3.3 C.11.2, and named CT windows.

A VOI is callable: values (float64, any shape, in the unit of the picture) → display, 0 is black and 1 is white.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, cast, get_args

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ReaderError

__all__ = ["CT_WINDOWS", "CtWindow", "Voi", "VoiTable", "Window"]

Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class Voi(Protocol):
    """Values of interest: which of them are shown, and how."""

    @property
    def ends(self) -> tuple[float, float]:
        """The values that are shown as 0 and 1 (for a sigmoid: about there)."""
        ...

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Display in [0, 1], same shape."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3. ``width`` ≥ 1 for LINEAR, > 0 for the others; else ``ReaderError``."""

    center: float
    width: float
    function: Function = "LINEAR"

    @classmethod
    def of(cls, center: float, width: float, function: str) -> Window:
        """From a file's tags. Raises ``ReaderError`` for a function that the standard does not know."""
        if function not in get_args(Function):
            raise ReaderError("its VOI LUT function is none of LINEAR, LINEAR_EXACT, SIGMOID; correct the tag")
        return cls(center, width, cast("Function", function))

    def __post_init__(self) -> None:
        enough = self.width >= 1 if self.function == "LINEAR" else self.width > 0
        if not enough or not np.isfinite(self.center) or not np.isfinite(self.width):
            raise ReaderError(
                f"its window (center {self.center:g}, width {self.width:g}) is not valid for {self.function}"
            )

    @property
    def ends(self) -> tuple[float, float]:
        """By the formula of LINEAR; a width of 1 has a step, shown as a range of 1."""
        if self.function != "LINEAR":
            return self.center - self.width / 2, self.center + self.width / 2
        half = max(self.width - 1.0, 1.0) / 2
        return self.center - 0.5 - half, self.center - 0.5 + half

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Display in [0, 1]."""
        if self.function == "LINEAR":
            middle, span = self.center - 0.5, self.width - 1.0
            if span == 0:
                return (values > middle).astype(np.float64)
            return np.asarray(np.clip((values - middle) / span + 0.5, 0.0, 1.0))
        if self.function == "LINEAR_EXACT":
            return np.asarray(np.clip((values - self.center) / self.width + 0.5, 0.0, 1.0))
        # 1 / (1 + exp(-4 (x - c) / w)), written so that it cannot overflow.
        return np.asarray(0.5 * (1.0 + np.tanh(2.0 * (values - self.center) / self.width)))

    def __str__(self) -> str:
        return f"VOI window {self.function}: center {self.center:g}, width {self.width:g}"


@dataclass(frozen=True, slots=True, eq=False)
class VoiTable:
    """A VOI LUT (PS3.3 C.11.2.1.1): ``table[i]`` of ``2**bits - 1`` is shown for the value ``first + i``."""

    first: int
    table: NDArray[np.uint16]
    bits: int

    @property
    def ends(self) -> tuple[float, float]:
        """First and last value of the table."""
        return float(self.first), float(self.first + max(len(self.table) - 1, 1))

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Display in [0, 1]; values outside the table are shown as its ends."""
        place = np.clip(np.rint(values) - self.first, 0, len(self.table) - 1).astype(np.int64)
        return np.asarray(np.clip(self.table[place] / float((1 << self.bits) - 1), 0.0, 1.0))

    def __str__(self) -> str:
        return f"VOI LUT of {len(self.table)} entries"


CtWindow = Literal["lung", "soft-tissue", "bone", "brain", "subdural", "liver", "mediastinum", "wide"]

CT_WINDOWS: dict[CtWindow, Window] = {
    "lung": Window(-600, 1500, "LINEAR_EXACT"),
    "soft-tissue": Window(40, 400, "LINEAR_EXACT"),
    "bone": Window(500, 2000, "LINEAR_EXACT"),
    "brain": Window(40, 80, "LINEAR_EXACT"),
    "subdural": Window(75, 215, "LINEAR_EXACT"),
    "liver": Window(60, 160, "LINEAR_EXACT"),
    "mediastinum": Window(40, 350, "LINEAR_EXACT"),
    "wide": Window(1024, 4096, "LINEAR_EXACT"),
}
"""Center and width in HU as radiologists set them; there is no standard, these are common presets."""
