"""How activations lie on disk: as they are, at half precision, or as 16-bit steps of their own range.

``scaled16`` gives every channel of a case 65,536 even steps from its smallest to its largest activation: off by half a
step at most, some 8e-6 of the range, where float16 is off by up to 5e-4 of the value. Both take two bytes an
activation. What has one number a channel (statistics of a stage) is kept as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Packing", "Precision"]

Precision = Literal["scaled16", "float16", "float32"]
_STEPS = 65535


class Packing:
    """``shapes`` of what a case gives, without the batch; ``width`` in bytes of a packed case."""

    def __init__(self, shapes: Sequence[tuple[int, ...]], precision: Precision) -> None:
        self._shapes, self._precision = [tuple(shape) for shape in shapes], precision
        self._widths = [self._width(shape) for shape in self._shapes]
        self.width = sum(self._widths)

    def pack(self, case: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
        """(width,) of one case, arrays of the ``shapes``."""
        return np.concatenate([self._packed(item) for item in case])

    def unpack(self, cases: NDArray[np.uint8]) -> tuple[NDArray[np.floating], ...]:
        """Arrays (n, *shape) of cases (n, width)."""
        found, start = list[NDArray[np.floating]](), 0
        for shape, width in zip(self._shapes, self._widths, strict=True):
            raw = np.ascontiguousarray(cases[:, start : start + width])
            found.append(self._unpacked(raw, shape).reshape(len(cases), *shape))
            start += width
        return tuple(found)

    def _scaled(self, shape: tuple[int, ...]) -> bool:
        return self._precision == "scaled16" and len(shape) > 1

    def _width(self, shape: tuple[int, ...]) -> int:
        count = int(np.prod(shape))
        if self._scaled(shape):
            return 8 * shape[0] + 2 * count
        return (2 if self._precision == "float16" else 4) * count

    def _packed(self, item: NDArray[np.float32]) -> NDArray[np.uint8]:
        if not self._scaled(item.shape):
            kind = np.float16 if self._precision == "float16" else np.float32
            return np.ascontiguousarray(item, kind).ravel().view(np.uint8)
        rows = item.reshape(len(item), -1)
        low, high = rows.min(axis=1), rows.max(axis=1)
        step = ((high.astype(np.float64) - low) / _STEPS).astype(np.float32)
        with np.errstate(invalid="ignore"):  # of what is not finite the whole channel comes back as NaN
            codes = np.nan_to_num(np.rint((rows - low[:, None]) / np.where(step > 0, step, 1)[:, None]))
        parts = (low, step, codes.clip(0, _STEPS).astype(np.uint16).ravel())
        return np.concatenate([part.view(np.uint8) for part in parts])

    def _unpacked(self, raw: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.floating]:
        if not self._scaled(shape):
            return raw.view(np.float16 if self._precision == "float16" else np.float32)
        ends = 4 * shape[0], 8 * shape[0]
        low = np.ascontiguousarray(raw[:, : ends[0]]).view(np.float32)
        step = np.ascontiguousarray(raw[:, ends[0] : ends[1]]).view(np.float32)
        codes = np.ascontiguousarray(raw[:, ends[1] :]).view(np.uint16).reshape(len(raw), shape[0], -1)
        values = codes.astype(np.float32)
        with np.errstate(invalid="ignore"):
            values *= step[:, :, None]
            values += low[:, :, None]
        return values
