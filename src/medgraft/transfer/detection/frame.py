"""Between the pixels of a picture and those of the square that the network sees, as ``Preprocessing`` makes it.

Both count half-open from the upper left corner; a box is only scaled and shifted, never rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "Frame"]

Fit = Literal["squash", "pad"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """A picture of ``rows`` x ``columns`` in a square of ``size``: stretched, or with its aspect kept and padded."""

    rows: int
    columns: int
    size: int
    fit: Fit

    def inside(self, boxes: NDArray[Any]) -> Floats:
        """Boxes (n, 4) ``x0 y0 x1 y1`` of the picture, in the square."""
        scale, shift = self._map()
        return np.asarray(boxes, dtype=np.float64).reshape(-1, 4) * scale + shift

    def original(self, boxes: NDArray[Any]) -> Floats:
        """Boxes (n, 4) of the square, in the picture, cut off at its edges (one that lies in the padding has no area
        then)."""
        scale, shift = self._map()
        found = (np.asarray(boxes, dtype=np.float64).reshape(-1, 4) - shift) / scale
        return np.asarray(np.clip(found, 0.0, np.array([self.columns, self.rows] * 2, dtype=np.float64)))

    def _map(self) -> tuple[Floats, Floats]:
        """(4,) factors and (4,) shifts of x0 y0 x1 y1, by what ``Preprocessing`` does: whole pixels."""
        if self.fit == "squash":
            height, width = self.size, self.size
        else:
            factor = self.size / max(self.rows, self.columns)
            height, width = max(1, round(self.rows * factor)), max(1, round(self.columns * factor))
        scale = np.array([width / self.columns, height / self.rows] * 2)
        return scale, np.array([(self.size - width) // 2, (self.size - height) // 2] * 2, dtype=np.float64)
