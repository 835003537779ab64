"""What is worth knowing about a picture after it was decoded once, for the audit and the report.

Kept beside the features in the cache, so that a second run decodes nothing. Everything but the thumbnail is
plain JSON; the thumbnail shows a patient's picture and belongs in ``private/``.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from medgraft.data.imaging.image import Image
from medgraft.errors import ArtifactError
from medgraft.types import Modality

__all__ = ["PixelFacts", "pixel_facts"]

_THUMBNAIL = 128
_JPEG_QUALITY = 85
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class PixelFacts:
    """Facts of one picture.

    ``pixel_hash``: sha256 of shape, type and values as stored: equal for a copy in another lossless format.
    ``dhash``: 64-bit difference hash of the prepared array, unsigned. ``low``/``high``: declared range;
    ``minimum``/``maximum``: extremes, both in the image's unit; ``mean``/``std``: after scaling the declared
    range to [0, 1]. ``spacing``: (row, column) in mm or None. ``thumbnail``: JPEG, longest side at most
    128 pixels, without metadata.
    """

    pixel_hash: str
    dhash: int
    height: int
    width: int
    channels: int
    dtype: str
    low: float
    high: float
    minimum: float
    maximum: float
    mean: float
    std: float
    modality: Modality
    spacing: tuple[float, float] | None
    steps: tuple[str, ...]
    thumbnail: bytes = b""

    def to_dict(self) -> dict[str, Any]:
        """Everything but the thumbnail, ready for JSON."""
        content: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "thumbnail"}
        return {
            **content,
            "modality": self.modality.value,
            "spacing": list(self.spacing) if self.spacing is not None else None,
            "steps": list(self.steps),
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any], thumbnail: bytes = b"") -> PixelFacts:
        """The inverse of ``to_dict``; ``ArtifactError`` if the names are not those of this version."""
        expected = {f.name for f in fields(cls)} - {"thumbnail"}
        if set(content) != expected:
            differing = ", ".join(sorted(set(content) ^ expected))
            raise ArtifactError(f"reading pixel facts: fields differ ({differing}); clear the cache")
        spacing = content["spacing"]
        changed = {
            "modality": Modality(content["modality"]),
            "spacing": (float(spacing[0]), float(spacing[1])) if spacing is not None else None,
            "steps": tuple(content["steps"]),
            "thumbnail": thumbnail,
        }
        return cls(**{**content, **changed})


def pixel_facts(image: Image, prepared: NDArray[np.float32]) -> PixelFacts:
    """Facts of ``image``; ``prepared``, (C, size, size) in [0, 1], is what the network sees of it."""
    pixels, span = image.pixels, image.high - image.low
    shown = pixels[:1] if image.is_grey else pixels  # three equal channels say nothing new
    minimum, maximum, mean, std = _moments(shown)
    return PixelFacts(
        pixel_hash=_pixel_hash(pixels),
        dhash=_dhash(prepared[:1] if image.is_grey else prepared),
        height=int(pixels.shape[1]),
        width=int(pixels.shape[2]),
        channels=image.channels,
        dtype=pixels.dtype.name,
        low=image.low,
        high=image.high,
        minimum=minimum,
        maximum=maximum,
        mean=(mean - image.low) / span,
        std=std / span,
        modality=image.modality,
        spacing=image.spacing,
        steps=image.steps,
        thumbnail=_thumbnail(image, shown),
    )


def _moments(pixels: NDArray[Any]) -> tuple[float, float, float, float]:
    """Minimum, maximum, mean and standard deviation; 8 bits by histogram, several times faster."""
    if pixels.dtype != np.uint8:
        mean, std = float(pixels.mean(dtype=np.float64)), float(pixels.std(dtype=np.float64))
        return float(pixels.min()), float(pixels.max()), mean, std
    counts = np.bincount(pixels.ravel(), minlength=256)
    levels, present = np.arange(256), np.flatnonzero(counts)
    mean = float(counts @ levels) / pixels.size
    variance = float(counts @ (levels - mean) ** 2) / pixels.size
    return float(present[0]), float(present[-1]), mean, variance**0.5


def _pixel_hash(pixels: NDArray[Any]) -> str:
    """sha256 over shape, type name and little-endian values, so that every machine agrees."""
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.shape}{little.dtype.name}".encode())
    digest.update(little.data)
    return digest.hexdigest()


def _dhash(prepared: NDArray[np.float32]) -> int:
    """Each bit says whether a pixel of the 8 × 9 grey thumbnail is darker than its right neighbour."""
    grey = np.tensordot(_LUMA, prepared, axes=1) if prepared.shape[0] == 3 else prepared[0]
    picture = PillowImage.fromarray(np.ascontiguousarray(grey, dtype=np.float32))
    small = np.asarray(picture.resize((9, 8), PillowImage.Resampling.BILINEAR))
    # Differences below a thousandth are rounding, and would make the hash of a flat area a matter of chance.
    bits = small[:, 1:] - small[:, :-1] > 1e-3
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _thumbnail(image: Image, pixels: NDArray[Any]) -> bytes:
    """A small JPEG of the declared range, aspect kept, never enlarged; ``pixels`` are (1 or 3, H, W)."""
    if pixels.dtype != np.uint8 or (image.low, image.high) != (0.0, 255.0):
        scaled = (pixels.astype(np.float32) - np.float32(image.low)) * np.float32(255.0 / (image.high - image.low))
        pixels = np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8)
    shown = np.moveaxis(pixels, 0, 2) if len(pixels) == 3 else pixels[0]
    picture = PillowImage.fromarray(np.ascontiguousarray(shown))
    rows, columns = image.pixels.shape[1:]
    scale = min(1.0, _THUMBNAIL / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    if size != picture.size:
        picture = picture.resize(size, PillowImage.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
