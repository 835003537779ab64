"""Decoded samples of a raster picture on their way to an ``Image``: (H, W, C), their range, and the steps.

Turns every Pillow mode into stored values: opaque (alpha is composited on black, as radiographs are), grey
or RGB, never fewer bits than the file has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.orientation import apply_orientation
from medgraft.errors import ReaderError

__all__ = ["Samples", "pillow_samples"]

_CONVERTED = {
    "P": ("RGB", "palette looked up"),
    "PA": ("RGBA", "palette looked up"),
    "CMYK": ("RGB", "CMYK converted to RGB (no colour profile)"),
    "YCbCr": ("RGB", "YCbCr converted to RGB"),
}
_DIRECT = ("1", "L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX", "I;16", "I;16B", "I;16L", "I;16N")


@dataclass(frozen=True, slots=True)
class Samples:
    """``pixels`` is (H, W, 1 or 3); ``low`` and ``high`` are black and white by the encoding."""

    pixels: NDArray[Any]
    low: float
    high: float
    steps: tuple[str, ...] = ()

    def with_pixels(self, pixels: NDArray[Any], step: str) -> Samples:
        """The same range with other pixels, recorded."""
        return replace(self, pixels=pixels, steps=(*self.steps, step))

    def with_range(self, low: float, high: float, step: str) -> Samples:
        """The same pixels with another declared range, recorded."""
        return replace(self, low=low, high=high, steps=(*self.steps, step))

    def composited(self, alpha: NDArray[Any]) -> Samples:
        """On black, through ``alpha`` (H, W, 1) of the same unsigned type, rounded to nearest."""
        full = int(np.iinfo(alpha.dtype).max)
        if int(alpha.min()) == full:
            return self.with_pixels(self.pixels, "alpha channel left out (opaque everywhere)")
        product = self.pixels.astype(np.uint32) * alpha.astype(np.uint32)  # 65535² + 32767 < 2³²
        pixels = ((product + np.uint32(full // 2)) // np.uint32(full)).astype(self.pixels.dtype)
        return self.with_pixels(pixels, "alpha channel composited on black")

    def unstretched(self, bits: int) -> Samples:
        """Undo Pillow's exact stretch of 2- and 4-bit grey to 0…255."""
        top = (1 << bits) - 1
        return replace(self, pixels=self.pixels // (255 // top), high=float(top))

    def oriented(self, orientation: int) -> Samples:
        """Upright; recorded unless it was."""
        if orientation == 1:
            return self
        return self.with_pixels(apply_orientation(self.pixels, orientation), f"EXIF orientation {orientation} applied")

    def image(self) -> Image:
        """The ``Image``, (C, H, W)."""
        pixels = np.ascontiguousarray(np.moveaxis(self.pixels, 2, 0))
        return Image(pixels=pixels, low=self.low, high=self.high, steps=self.steps)


def pillow_samples(image: PillowImage.Image) -> Samples:
    """Stored values of a loaded Pillow picture. Colour keys of grey and RGB (PNG) are the caller's."""
    steps: tuple[str, ...] = ()
    if image.mode in _CONVERTED:
        target, step = _CONVERTED[image.mode]
        see_through = image.mode == "P" and "transparency" in image.info
        image, steps = image.convert("RGBA" if see_through else target), (step,)
    if image.mode not in _DIRECT:
        raise ReaderError(f"its pixels are of the kind {image.mode!r}; save it as grey or RGB")
    array = np.asarray(image)
    if image.mode == "1":
        return Samples(array.astype(np.uint8)[:, :, None], 0.0, 1.0, steps)
    if image.mode.startswith("I;16"):
        return Samples(array.astype(np.uint16)[:, :, None], 0.0, 65535.0, steps)
    array = array[:, :, None] if array.ndim == 2 else array
    if image.mode in ("LA", "RGBA"):
        return Samples(array[:, :, :-1], 0.0, 255.0, steps).composited(array[:, :, -1:])
    if image.mode in ("La", "RGBa"):  # the colours were multiplied by alpha when stored: that is on black
        return Samples(array[:, :, :-1], 0.0, 255.0, (*steps, "premultiplied alpha channel left out"))
    if image.mode == "RGBX":
        return Samples(array[:, :, :3], 0.0, 255.0, (*steps, "unused fourth channel left out"))
    return Samples(array, 0.0, 255.0, steps)
