"""What is worth knowing about a picture after it was decoded once, for the audit and the report.

Kept beside the features in the cache, so that a second run decodes nothing. Everything but the thumbnail is
plain JSON; the thumbnail shows a patient's picture and belongs in ``private/``.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from medgraft.data.imaging.image import Image
from medgraft.errors import ArtifactError
from medgraft.types import Modality, Unit

__all__ = ["FACTS_VERSION", "PixelFacts", "pixel_facts", "volume_facts"]

FACTS_VERSION = "pixels-3"
"""Where they are kept; another name whenever a fact is added or worked out differently."""

_THUMBNAIL = 128
_JPEG_QUALITY = 85
_BLOCK, _LOOKED_AT, _JUMP = 8, 512, 0.4
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class PixelFacts:
    """Facts of one picture.

    ``pixel_hash``: sha256 of shape, type and values as stored: equal for a copy in another lossless format.
    ``dhash``: 64-bit difference hash of the prepared array, unsigned. ``low``/``high``: the values that the file shows
    as black and white; ``minimum``/``maximum``: extremes, all in the image's unit; ``mean``/``std``: of the picture as
    shown, from 0 (black) to 1 (white). ``bytes_per_pixel``: of a file with one picture; ``jpeg_quality`` as its tables
    say, 1 to 100; ``blockiness``: how much stronger the picture changes at the edges of 8 × 8 blocks than within them
    (0: not at all); ``writing``: share of neighbouring pixels with a jump of 40 % of the range, as burned-in characters
    have many and anatomy few. ``spacing``: (row, column) in mm or None. ``findings``: what is odd about its volume.
    ``thumbnail``: JPEG, longest side at most 128 pixels, without metadata.
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
    unit: Unit = Unit.STORED
    bytes_per_pixel: float | None = None
    jpeg_quality: float | None = None
    blockiness: float = 0.0
    writing: float = 0.0
    findings: tuple[str, ...] = ()
    thumbnail: bytes = b""

    def to_dict(self) -> dict[str, Any]:
        """Everything but the thumbnail, ready for JSON."""
        content: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "thumbnail"}
        return {
            **content,
            "modality": self.modality.value,
            "unit": self.unit.value,
            "spacing": list(self.spacing) if self.spacing is not None else None,
            "steps": list(self.steps),
            "findings": list(self.findings),
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
            "unit": Unit(content["unit"]),
            "spacing": (float(spacing[0]), float(spacing[1])) if spacing is not None else None,
            "steps": tuple(content["steps"]),
            "findings": tuple(content["findings"]),
            "thumbnail": thumbnail,
        }
        return cls(**{**content, **changed})

    def to_bytes(self) -> bytes:
        """Everything, thumbnail included: a row of the cache."""
        text = json.dumps(self.to_dict(), separators=(",", ":")).encode()
        return len(text).to_bytes(4, "big") + text + self.thumbnail

    @classmethod
    def from_bytes(cls, row: bytes) -> PixelFacts:
        """The inverse of ``to_bytes``."""
        end = 4 + int.from_bytes(row[:4], "big")
        return cls.from_dict(json.loads(row[4:end]), row[end:])


def pixel_facts(image: Image, prepared: NDArray[np.float32]) -> PixelFacts:
    """Facts of ``image``; ``prepared``, (C, size, size) in [0, 1], is what the network sees of it."""
    pixels, (low, high) = image.pixels, image.shown_range
    grey = image.one_grey()  # three equal channels say nothing new
    slope, intercept = image.scale
    ends = sorted((float(grey.pixels.min()) * slope + intercept, float(grey.pixels.max()) * slope + intercept))
    shown = grey.shown()
    return PixelFacts(
        pixel_hash=_pixel_hash(pixels),
        dhash=_dhash(prepared[len(prepared) // 2][None] if image.is_grey else prepared),
        height=int(pixels.shape[1]),
        width=int(pixels.shape[2]),
        channels=image.channels,
        dtype=pixels.dtype.name,
        low=low,
        high=high,
        minimum=ends[0],
        maximum=ends[1],
        mean=float(shown.mean(dtype=np.float64)),
        std=float(shown.std(dtype=np.float64)),
        modality=image.modality,
        unit=image.unit,
        spacing=image.spacing,
        steps=image.steps,
        findings=image.findings,
        bytes_per_pixel=None if image.stored_bytes is None else image.stored_bytes / (shown.shape[1] * shown.shape[2]),
        jpeg_quality=image.jpeg_quality,
        blockiness=_blockiness(shown[0]),
        writing=_writing(shown[0]),
        thumbnail=_thumbnail(shown),
    )


def volume_facts(slices: Sequence[PixelFacts]) -> PixelFacts:
    """Facts of a case from those of its slices, in order: the middle slice's, with the hash of all, the extremes of
    all, and their mean brightness. One slice is itself."""
    if len(slices) == 1:
        return slices[0]
    return replace(
        slices[len(slices) // 2],
        pixel_hash=hashlib.sha256("".join(each.pixel_hash for each in slices).encode()).hexdigest(),
        minimum=min(each.minimum for each in slices),
        maximum=max(each.maximum for each in slices),
        mean=sum(each.mean for each in slices) / len(slices),
    )


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


def _blockiness(shown: NDArray[np.float32]) -> float:
    """Of the middle of the picture (H, W); 0 where it is too small to tell. At most 1000 in a picture of blocks."""
    rows, columns = (min(side, _LOOKED_AT) // _BLOCK * _BLOCK for side in shown.shape)
    if min(rows, columns) < 4 * _BLOCK:
        return 0.0
    top, left = (
        (side - kept) // (2 * _BLOCK) * _BLOCK for side, kept in zip(shown.shape, (rows, columns), strict=True)
    )
    part = shown[top : top + rows, left : left + columns]
    ratios = []
    for axis in (0, 1):
        change = np.abs(np.diff(part, axis=axis)).mean(axis=1 - axis)
        at_edge = np.arange(len(change)) % _BLOCK == _BLOCK - 1
        ratios.append(float(change[at_edge].mean()) / max(float(change[~at_edge].mean()), 1e-6) - 1.0)
    return float(np.clip(np.mean(ratios), -1.0, 1000.0))


def _writing(shown: NDArray[np.float32]) -> float:
    """Of (H, W); large pictures are looked at in steps."""
    step = max(1, max(shown.shape) // (2 * _LOOKED_AT))
    part = shown[::step, ::step]
    jumps = sum(int(np.count_nonzero(np.abs(np.diff(part, axis=axis)) > _JUMP)) for axis in (0, 1))
    return jumps / part.size


def _thumbnail(shown: NDArray[np.float32]) -> bytes:
    """A small JPEG of the picture as shown, (1 or 3, H, W) in [0, 1]: aspect kept, never enlarged."""
    rows, columns = shown.shape[1:]
    bytes_ = np.rint(shown * np.float32(255)).astype(np.uint8)
    picture = PillowImage.fromarray(np.ascontiguousarray(np.moveaxis(bytes_, 0, 2) if len(bytes_) == 3 else bytes_[0]))
    scale = min(1.0, _THUMBNAIL / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    if size != picture.size:
        picture = picture.resize(size, PillowImage.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
