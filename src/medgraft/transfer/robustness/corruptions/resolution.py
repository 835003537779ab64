"""What storage takes away: JPEG, and pixels that are larger than they were."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["JPEG", "PIXELATE"]


def _jpeg(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    samples = np.rint(255 * pixels).astype(np.uint8)
    picture = Image.fromarray(samples[0] if len(samples) == 1 else np.moveaxis(samples, 0, 2))
    with io.BytesIO() as file:
        picture.save(file, "JPEG", quality=int(level))
        with Image.open(io.BytesIO(file.getvalue())) as stored:
            found = np.asarray(stored, np.float64) / 255
    return found[None] if len(samples) == 1 else np.moveaxis(found, 2, 0)


def _pixelate(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    height, width = pixels.shape[1:]
    small = max(1, round(level * width)), max(1, round(level * height))
    found = []
    for channel in pixels.astype(np.float32):
        coarse = Image.fromarray(channel).resize(small, Image.Resampling.BOX)
        found.append(np.asarray(coarse.resize((width, height), Image.Resampling.NEAREST), np.float64))
    return np.stack(found)


JPEG = Corruption(
    name="jpeg",
    summary="stored with loss; level: quality, of 100",
    levels=(50, 30, 15, 10, 7),
    compute=_jpeg,
)
PIXELATE = Corruption(
    name="pixelate",
    summary="stored smaller, shown larger; level: share of the side",
    levels=(0.7, 0.5, 0.4, 0.3, 0.25),
    compute=_pixelate,
)
for _one in (JPEG, PIXELATE):
    CORRUPTIONS.register(_one.name)(_one)
