"""From an ``Image`` to what the network sees: one frozen recipe that travels with weights and bundle.

The only resampling path of the package: intensity to [0, 1], then filters (off by default), then channels, then an
antialiased resize in float32, then a clip. Two recipes with the same ``digest`` give the same array for the same
image, so the digest is part of every cache key; ``_CODE_VERSION`` goes up when the arithmetic changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from pydantic import BaseModel, ConfigDict, Field, model_validator

from medgraft.data.imaging.filters.catalogue import AnyFilter
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.window import CT_WINDOWS, CtWindow
from medgraft.errors import ReaderError
from medgraft.types import Unit

__all__ = ["CtWindows", "IntensityRange", "Preprocessing"]

_CODE_VERSION = 2
_PERCENTILES = (0.5, 99.5)
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
_FILTERS = {
    "bicubic": PillowImage.Resampling.BICUBIC,
    "bilinear": PillowImage.Resampling.BILINEAR,
}


class IntensityRange(BaseModel):
    """Fixed values that become 0 and 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float = Field(description="Value that becomes 0, in the unit of the image (stored or HU).")
    high: float = Field(description="Value that becomes 1, in the unit of the image; greater than low.")

    @model_validator(mode="after")
    def _ordered(self) -> IntensityRange:
        if not self.high > self.low:
            raise ValueError(f"high ({self.high:g}) must be greater than low ({self.low:g})")
        return self


class CtWindows(BaseModel):
    """Named windows of Hounsfield units: one, or three that become the channels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: tuple[CtWindow, ...] = Field(description="One name, or three: red, green, blue of the network's input.")

    @model_validator(mode="after")
    def _one_or_three(self) -> CtWindows:
        if len(self.windows) not in (1, 3):
            raise ValueError(f"got {len(self.windows)} windows; one or three are needed")
        return self


class Preprocessing(BaseModel):
    """How a picture becomes the network's input."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=1, le=4096, description="Rows and columns of the network's input, in pixels.")
    channels: Literal[1, 3] = Field(description="Channels of the network's input: 1 (grey) or 3 (RGB).")
    fit: Literal["squash", "pad"] = Field(
        default="squash",
        description="squash: stretch to the square; pad: keep the aspect ratio and fill with black.",
    )
    interpolation: Literal["bicubic", "bilinear"] = Field(
        default="bicubic", description="Filter of the antialiased resize."
    )
    intensity: Literal["declared", "percentile"] | IntensityRange | CtWindows = Field(
        default="declared",
        description="What becomes 0 and 1: the file's window or declared range, the picture's own 0.5th and 99.5th "
        "percentile, fixed values in the picture's unit, or named windows of Hounsfield units.",
    )

    filters: tuple[AnyFilter, ...] = Field(
        default=(), description="Applied in this order between scaling and resizing; none by default."
    )
    planes: Literal[1, 3] = Field(
        default=1, description="Slices of a volume that become the channels: itself, or with the ones before and after."
    )
    slices: int = Field(
        default=64, ge=1, le=2048, description="The most slices of a volume that are looked at, evenly spread."
    )

    @model_validator(mode="after")
    def _room_for_windows(self) -> Preprocessing:
        if isinstance(self.intensity, CtWindows) and len(self.intensity.windows) > self.channels:
            raise ValueError("three windows need an input of three channels")
        if self.planes == 3 and (self.channels != 3 or self._fills_channels()):
            raise ValueError("three planes need an input of three channels that windows do not fill")
        return self

    def apply(self, image: Image) -> NDArray[np.float32]:
        """(channels, size, size), float32 in [0, 1]. Raises ``ReaderError`` where windows are asked of a picture that
        is not in Hounsfield units."""
        scaled = self._toned(image)
        height, width = self._fitted(*image.pixels.shape[1:])
        top, left = (self.size - height) // 2, (self.size - width) // 2
        prepared = np.zeros((len(scaled), self.size, self.size), dtype=np.float32)
        for index, channel in enumerate(scaled):
            resized = self._resize(channel, height, width)
            prepared[index, top : top + height, left : left + width] = resized
        return self._finished(prepared)

    def toned(self, image: Image) -> NDArray[np.float32]:
        """(channels, H, W), float32 in [0, 1]: what ``apply`` does without the resize, on the picture's own grid, for
        what has a place in the picture. Errors as of ``apply``."""
        return self._finished(self._toned(image).astype(np.float32))

    def _toned(self, image: Image) -> NDArray[np.float32]:
        """(1, 3 or, of grey, one channel to be replicated; H, W): intensity and filters; not yet cut off."""
        # Grey stored as RGB gives three equal channels: one is resampled, and replicated where three are wanted.
        scaled = self._with_neighbours(image.one_grey())
        for each in self.filters:
            scaled = each.apply(scaled)
        if len(scaled) == 3 and self.channels == 1:
            scaled = np.tensordot(_LUMA, scaled, axes=1)[None]
        return scaled

    def _finished(self, toned: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut off to [0, 1]; grey is replicated."""
        toned = np.clip(toned, 0.0, 1.0)
        return np.repeat(toned, self.channels, axis=0) if len(toned) < self.channels else toned

    def chosen_slices(self, depth: int) -> list[int]:
        """Which of the ``depth`` slices of a volume are looked at: all, or the middles of equal parts."""
        if depth <= self.slices:
            return list(range(depth))
        return [int((part + 0.5) * depth / self.slices) for part in range(self.slices)]

    def _with_neighbours(self, image: Image) -> NDArray[np.float32]:
        """As ``_scaled``; with three planes, the slice before, itself, the slice after."""
        if self.planes == 1 or image.channels != 1:
            return self._scaled(image)
        before, after = image.beside or (image.pixels, image.pixels)
        return np.concatenate([self._scaled(replace(image, pixels=each)) for each in (before, image.pixels, after)])

    def _scaled(self, image: Image) -> NDArray[np.float32]:
        """(1 or 3, H, W), black is 0 and white is 1; what lies beyond is cut off later."""
        if isinstance(self.intensity, CtWindows):
            _check_hounsfield(image)
            return np.concatenate([image.mapped(CT_WINDOWS[name]) for name in self.intensity.windows])
        limits = self._limits(image)
        if limits is None:
            return image.shown()
        low, high = limits
        turned = image.inverted and image.unit is not Unit.HU  # in Hounsfield units, dense is bright

        def curve(values: NDArray[np.float64]) -> NDArray[np.float64]:
            bright = (values - low) / (high - low)
            return 1.0 - bright if turned else bright

        return image.mapped(curve)

    def digest(self) -> str:
        """sha256 of the recipe and the version of its arithmetic, 64 hex digits."""
        recipe = {"code": _CODE_VERSION, **self.model_dump(mode="json")}
        text = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def steps(self, image: Image) -> list[str]:
        """What ``apply`` does to ``image``, in words."""
        steps = [self._scaling(image)]
        if image.inverted and (self._limits(image) is None or image.unit is not Unit.HU):
            steps.append("MONOCHROME1 inverted")
        steps += [f"filter {each.name}" for each in self.filters]
        if image.channels == 3 and self.channels == 1 and image.is_grey:
            steps.append("grey stored as RGB: one of its equal channels")
        elif image.channels == 3 and self.channels == 1:
            steps.append("RGB to grey: Rec. 601 luma 0.299 R + 0.587 G + 0.114 B")
        rows, columns = image.pixels.shape[1:]
        height, width = self._fitted(rows, columns)
        steps.append(f"resized {rows} × {columns} to {height} × {width}, antialiased {self.interpolation}")
        if (height, width) != (self.size, self.size):
            steps.append(f"padded with black to {self.size} × {self.size}")
        if image.channels == 1 and self.planes == 3:
            steps.append("3 channels: the slice before, this slice, the slice after")
        elif image.channels == 1 and self.channels == 3 and not self._fills_channels():
            steps.append("grey replicated to 3 channels")
        return [*steps, "clipped to 0…1"]

    def _scaling(self, image: Image) -> str:
        """How values become numbers from 0 to 1, in words."""
        if isinstance(self.intensity, CtWindows):
            return "windows of Hounsfield units: " + "; ".join(
                f"{name} {CT_WINDOWS[name].ends[0]:g}…{CT_WINDOWS[name].ends[1]:g}" for name in self.intensity.windows
            )
        limits = self._limits(image)
        low, high = limits or image.shown_range
        source = {
            "declared": "declared range" if image.voi is None else f"the file's {image.voi}",
            "percentile": f"percentiles {_PERCENTILES[0]:g} and {_PERCENTILES[1]:g} of this "
            + ("image" if image.percentiles is None else "volume"),
        }.get(str(self.intensity), "fixed range")
        if self.intensity == "percentile" and limits is None:
            source = "declared range (the percentiles are equal)"
        return f"scaled {low:g}…{high:g} ({image.unit.value}) to 0…1: {source}"

    def _fills_channels(self) -> bool:
        return isinstance(self.intensity, CtWindows) and len(self.intensity.windows) == 3

    def _limits(self, image: Image) -> tuple[float, float] | None:
        """The values that become 0 and 1; ``None``: as the file says. A flat image has no percentiles to speak of."""
        if isinstance(self.intensity, IntensityRange):
            return self.intensity.low, self.intensity.high
        if self.intensity == "percentile":
            slope, intercept = image.scale
            ends = image.percentiles or np.percentile(image.pixels, _PERCENTILES) * slope + intercept
            low, high = sorted(float(value) for value in ends)
            return (low, high) if high > low else None
        return None

    def _fitted(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns that the picture takes up in the square."""
        if self.fit == "squash":
            return self.size, self.size
        scale = self.size / max(rows, columns)
        return max(1, round(rows * scale)), max(1, round(columns * scale))

    def _resize(self, channel: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        """One channel (H, W) resampled; Pillow's float path is antialiased and leaves the GIL."""
        if channel.shape == (height, width):
            return channel
        picture = PillowImage.fromarray(channel)
        return np.asarray(picture.resize((width, height), _FILTERS[self.interpolation]), dtype=np.float32)


def _check_hounsfield(image: Image) -> None:
    if image.unit is not Unit.HU:
        raise ReaderError(
            f"CT windows need Hounsfield units, and its values are {image.unit.value} (modality {image.modality}); "
            "leave it out, or choose another intensity"
        )
