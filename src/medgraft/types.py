"""The vocabulary that all rooms share: modalities, splits, units and the axes convention.

Axes: an image is ``(C, H, W)``, a volume ``(C, D, H, W)``. Spacing is in mm, in the order of the spatial
axes: ``(row, column)`` or ``(depth, row, column)``; ``None`` means unknown and is never replaced by 1.0.
Coordinates of boxes are pixels, half-open: ``x0 <= x < x1``.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["FORMAT_VERSION", "SPLITS", "Modality", "Unit"]

FORMAT_VERSION = 1
"""Version of every JSON file that medgraft writes; a reader refuses what it does not know by name."""

SPLITS = ("train", "val", "test")
"""The parts of a split, in the order in which a leak is mended: the earlier part loses the case."""


class Modality(StrEnum):
    """How a picture was made. Unknown is a value of its own: it is recorded, never guessed from pixels."""

    UNKNOWN = "unknown"
    RADIOGRAPH = "radiograph"
    CT = "ct"
    MR = "mr"
    PET = "pet"
    ULTRASOUND = "ultrasound"
    FUNDUS = "fundus"
    MICROSCOPY = "microscopy"
    PHOTOGRAPH = "photograph"


class Unit(StrEnum):
    """What a pixel value means."""

    STORED = "stored"
    """The number in the file, within the declared range of its encoding."""
    HU = "hu"
    """Hounsfield units."""
