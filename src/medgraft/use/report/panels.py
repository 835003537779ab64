"""Pictures side by side on one sheet, each with its heading, and lines of text below: for ``medgraft show``."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

__all__ = ["draw_panels"]

_PLAIN = str.maketrans({"×": "x", "…": "...", "−": "-"})
"""Signs that Pillow's own font does not have."""

_SIDE, _GAP, _LINE, _MARGIN = 320, 16, 20, 20
_INK, _PAPER = (24, 28, 36), (250, 250, 248)
_WIDEST = 4


def draw_panels(panels: Sequence[tuple[str, NDArray[np.float32]]], lines: Sequence[str]) -> bytes:
    """PNG of ``panels``: a heading and a picture (1 or 3, H, W) in [0, 1] each; at most four in a row."""
    across = min(_WIDEST, len(panels))
    down = -(-len(panels) // across)
    width = 2 * _MARGIN + across * _SIDE + (across - 1) * _GAP
    small = ImageFont.load_default(size=14)
    wrapped = [part for line in lines for part in _wrapped(line.translate(_PLAIN), small, width - 2 * _MARGIN)]
    height = 2 * _MARGIN + down * (_SIDE + 2 * _LINE) + len(wrapped) * _LINE
    sheet = PillowImage.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (heading, picture) in enumerate(panels):
        left = _MARGIN + (number % across) * (_SIDE + _GAP)
        top = _MARGIN + (number // across) * (_SIDE + 2 * _LINE)
        draw.text((left, top), heading, fill=_INK, font=small)
        shown = _fitted(picture)
        sheet.paste(shown, (left, top + _LINE))
    top = _MARGIN + down * (_SIDE + 2 * _LINE)
    for number, text in enumerate(wrapped):
        draw.text((_MARGIN, top + number * _LINE), text, fill=_INK, font=small)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _fitted(picture: NDArray[np.float32]) -> PillowImage.Image:
    """As large as its place allows, aspect kept; enlarged without smoothing, so that pixels are seen."""
    octets = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    image = PillowImage.fromarray(np.moveaxis(octets, 0, 2) if len(octets) == 3 else octets[0]).convert("RGB")
    scale = _SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, PillowImage.Resampling.NEAREST if scale > 1 else PillowImage.Resampling.BILINEAR)


def _wrapped(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """``line`` broken at spaces to fit ``width`` pixels."""
    found, current = [], ""
    for word in line.split():
        longer = f"{current} {word}".strip()
        if current and font.getlength(longer) > width:
            found.append(current)
            current = f"  {word}"
        else:
            current = longer
    return [*found, current]
