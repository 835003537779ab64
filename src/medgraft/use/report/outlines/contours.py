"""The outlines of a label map as SVG paths."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from medgraft.errors import ArtifactError

__all__ = ["contour_path", "read_label_map"]

_TOLERANCE = 0.3
"""Pixels by which a path may leave the outline, to be shorter."""


def read_label_map(content: bytes, where: str) -> NDArray[np.uint8]:
    """(H, W) ids of classes of an 8-bit PNG, grey or with a palette; 0 is the background. Raises ``ArtifactError``."""
    try:
        with PillowImage.open(io.BytesIO(content)) as picture:
            if picture.mode not in ("P", "L", "1"):
                raise ArtifactError(f"reading {where}: a label map is {picture.mode}; 8-bit ids of classes are needed")
            return np.asarray(picture, dtype=np.uint8)
    except (OSError, UnidentifiedImageError, ValueError) as error:
        raise ArtifactError(f"reading {where}: it holds what is no picture; run the fit again") from error


def contour_path(mask: NDArray[Any]) -> str:
    """Closed paths round a boolean mask (H, W), holes too, in pixels: x to the right, y down, (0, 0) the outer corner
    of the first pixel. Empty where the mask is."""
    from skimage.measure import approximate_polygon, find_contours

    if not mask.any():
        return ""
    parts = []
    for ring in find_contours(np.pad(mask.astype(np.float64), 1), 0.5):
        corners = approximate_polygon(ring, _TOLERANCE)
        if len(corners) < 4:  # a ring ends where it begins: fewer corners enclose nothing
            corners = ring
        points = [f"{x - 0.5:.4g} {y - 0.5:.4g}" for y, x in corners[:-1]]
        parts.append(f"M{'L'.join(points)}Z")
    return "".join(parts)
