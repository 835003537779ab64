"""What a picture is once its bytes are understood.

``Image`` carries the pixels exactly as stored (16 bits stay 16 bits) and everything that is needed to read them: how
stored numbers become values, the declared range, the unit, the window that the file asks for, the spacing, and
each step that was applied on the way.

Two ways lead from pixels to numbers between black and white, both through ``mapped``: ``shown`` is the picture as the
file wants it to be seen, and a caller may map the *values* by a curve of its own (a named CT window, percentiles).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
from numpy.typing import NDArray

from medgraft.data.imaging.window import Voi
from medgraft.errors import ReaderError
from medgraft.types import Modality, Unit

__all__ = ["Curve", "Image"]

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Values (float64, any shape) to numbers of the same shape, elementwise."""


@dataclass(frozen=True, slots=True)
class Image:
    """One picture. ``pixels`` is ``(C, H, W)`` with C = 1 (grey) or 3 (RGB), as stored.

    ``scale`` is (slope, intercept): ``values = slope × pixels + intercept``, in ``unit``. ``low`` and ``high`` are the
    *declared* range of the values: what means black and white by the encoding (0 and 255 for 8 bits), not the
    extremes of this picture. ``voi`` is the window or table that the file asks for. ``inverted``: low values are
    white (MONOCHROME1). ``spacing`` is (row, column) in mm. ``stored_bytes``: length of a file that holds just this
    picture; ``jpeg_quality``: 1 to 100, as the tables of a JPEG say.

    A slice of a volume knows three things more: ``beside``, the pixels of the slices before and after it (itself at an
    end); ``percentiles``, the 0.5th and 99.5th of the volume's values, because a slice of air has none to speak of; and
    ``findings``, what its user should know of the volume.
    """

    pixels: NDArray[Any]
    low: float
    high: float
    unit: Unit = Unit.STORED
    modality: Modality = Modality.UNKNOWN
    spacing: tuple[float, float] | None = None
    steps: tuple[str, ...] = ()
    scale: tuple[float, float] = (1.0, 0.0)
    voi: Voi | None = None
    inverted: bool = False
    stored_bytes: int | None = None
    jpeg_quality: float | None = None
    beside: tuple[NDArray[Any], NDArray[Any]] | None = None
    percentiles: tuple[float, float] | None = None
    findings: tuple[str, ...] = ()

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

    @property
    def shown_range(self) -> tuple[float, float]:
        """The values that are shown as black and white (or white and black): the file's window, else what is
        declared."""
        return (self.low, self.high) if self.voi is None else self.voi.ends

    def one_grey(self) -> Image:
        """The same picture with one channel where three are equal, else itself."""
        return replace(self, pixels=self.pixels[:1]) if self.channels == 3 and self.is_grey else self

    def values(self) -> NDArray[np.float32]:
        """(C, H, W) in ``unit``."""
        return self.mapped(lambda values: values)

    def shown(self) -> NDArray[np.float32]:
        """(C, H, W), 0 is black and 1 is white, as the file asks: its window, else its declared range, right way
        round. Values outside the range are cut off."""
        low, high, voi = self.low, self.high, self.voi

        def curve(values: NDArray[np.float64]) -> NDArray[np.float64]:
            bright = voi(values) if voi is not None else np.clip((values - low) / (high - low), 0.0, 1.0)
            return 1.0 - bright if self.inverted else bright

        return self.mapped(curve)

    def mapped(self, curve: Curve) -> NDArray[np.float32]:
        """``curve`` of the values, (C, H, W) float32.

        Integers of up to 16 bits go through a table over all that can be stored, so that the curve is worked out in
        float64 once and costs a look-up a pixel.
        """
        slope, intercept = self.scale
        kind, bits = self.pixels.dtype.kind, 8 * self.pixels.dtype.itemsize
        if kind not in "ui" or bits > 16 or self.pixels.size < (1 << bits):
            return np.asarray(curve(self.pixels.astype(np.float64) * slope + intercept), dtype=np.float32)
        unsigned = np.arange(1 << bits).astype(f"u{bits // 8}")
        table = curve(unsigned.view(self.pixels.dtype.newbyteorder("=")).astype(np.float64) * slope + intercept)
        return _looked_up(table.astype(np.float32), self.pixels)

    def with_step(self, step: str, **changes: Any) -> Image:
        """The same image after ``changes``, with ``step`` added to what was applied."""
        return replace(self, steps=(*self.steps, step), **changes)


def _looked_up(table: NDArray[np.float32], pixels: NDArray[Any]) -> NDArray[np.float32]:
    """``table[pixels]``, not to be written to. ``table`` has an entry for every number that the type can hold, negative
    ones at its end, where the same bits read as unsigned lie. Arrow looks up by small numbers as they are; numpy would
    make 64 bits of each first, which takes more than twice as long."""
    flat = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("=")).reshape(-1)
    places = pyarrow.array(flat.view(f"u{flat.dtype.itemsize}"))
    found = pyarrow.compute.take(pyarrow.array(table), places, boundscheck=False)
    return np.asarray(found.to_numpy(zero_copy_only=True)).reshape(pixels.shape)
