"""All built-in corruptions: importing this registers them."""

from __future__ import annotations

from medgraft.transfer.robustness.corruptions import (
    artefact,
    blur,
    colour,
    framing,
    noise,
    overlay,
    resolution,
    tone,
)
from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS

__all__ = ["BUILT_IN", "CORRUPTIONS"]

BUILT_IN = (noise, blur, resolution, tone, framing, colour, overlay, artefact)
