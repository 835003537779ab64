"""What lies on a picture and is not the patient: the rim of an optic, and characters burnt in."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["BLACK_CORNER", "CHARACTERS"]

_LETTERS = "ACDEFHKLPRTX0123456789"
_HEIGHT = 0.14
"""Of a character, as a share of the shorter side."""
_SMALLEST = 6.0
"""Height in pixels below which a character is a blot."""


def _black_corner(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """Black outside of a circle about the centre."""
    height, width = pixels.shape[1:]
    down = (np.arange(height) + 0.5) / height * 2 - 1
    right = (np.arange(width) + 0.5) / width * 2 - 1
    return np.asarray(pixels * (np.hypot(down[:, None], right) <= level))


def _characters(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """White characters at places that are drawn; a higher severity adds to those of a lower one."""
    height, width = pixels.shape[1:]
    size = max(_SMALLEST, _HEIGHT * min(height, width))
    font, canvas = ImageFont.load_default(size), Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    for _ in range(int(level)):
        letter = _LETTERS[int(rng.integers(len(_LETTERS)))]
        top, left = rng.random() * max(0.0, height - size), rng.random() * max(0.0, width - size)
        pen.text((left, top), letter, fill=255, font=font)
    return np.maximum(pixels, np.asarray(canvas, np.float64)[None] / 255)


BLACK_CORNER = Corruption(
    name="black-corner",
    summary="the rim of a dermatoscope; level: radius, 1 at the nearest edge",
    levels=(1.25, 1.17, 1.1, 1.0, 0.9),
    compute=_black_corner,
)
CHARACTERS = Corruption(
    name="characters",
    summary="marks of a side or a ward; level: how many",
    levels=(1, 2, 3, 4, 6),
    compute=_characters,
)
for _one in (BLACK_CORNER, CHARACTERS):
    CORRUPTIONS.register(_one.name)(_one)
