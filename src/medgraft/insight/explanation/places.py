"""Where in a picture the numbers of a stage stand: maps and tokens as a grid.

Stages give maps (1, C, h, w) or (1, h, w, C), or tokens (1, T, C) of which the first may stand for no place (a class
token, registers): those are left out, and the others are a square.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from medgraft.source.backbones.readout import channels_of

__all__ = ["gridded", "prefix_tokens"]


def prefix_tokens(body: nn.Module) -> int | None:
    """How many of a network's tokens stand for no place, where it says so."""
    number = getattr(body, "num_prefix_tokens", None)
    return number if isinstance(number, int) else None


def gridded(output: object, prefix: int | None) -> Tensor | None:
    """What a stage gives for one picture as (C, h, w); ``None`` where it has no places: no tensor, one place only, or
    tokens that are no square. ``prefix``: tokens to leave out, where that is known."""
    if not isinstance(output, torch.Tensor) or channels_of(output) is None:
        return None
    if output.ndim == 3:
        tokens = output[0]
        side = math.isqrt(len(tokens) - (prefix or 0)) if len(tokens) > (prefix or 0) else 0
        skipped = len(tokens) - side * side
        if side < 2 or (prefix is not None and skipped != prefix):
            return None
        return tokens[skipped:].T.reshape(-1, side, side)
    last = output.shape[1] != channels_of(output)
    maps = output[0].permute(2, 0, 1) if last else output[0]
    return maps if min(maps.shape[1:]) > 1 else None
