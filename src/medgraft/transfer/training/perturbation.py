"""Where an attack may take a picture, and which way is uphill: what training against attacks shares with testing.

Pixels are (N, C, H, W) float in [0, 1]; whatever normalises them is inside the network. ``epsilon`` is in the same
unit: 4/255 is four grey levels of an 8-bit picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Ball", "Forward", "slope"]

Forward = Callable[[Tensor], Tensor]
"""Pixels in [0, 1] (N, C, H, W) → logits (N, classes)."""


@dataclass(frozen=True)
class Ball:
    """Pictures that differ from ``centre`` by at most ``epsilon`` in every pixel (L-infinity), and stay in [0, 1]."""

    centre: Tensor
    epsilon: float

    def project(self, moved: Tensor) -> Tensor:
        """The nearest pictures inside."""
        low, high = (self.centre - self.epsilon).clamp(min=0.0), (self.centre + self.epsilon).clamp(max=1.0)
        return torch.minimum(torch.maximum(moved, low), high)

    def at(self, share: Tensor) -> Tensor:
        """``centre + epsilon · share``, inside; ``share`` in [-1, 1] of the shape of the centre."""
        return self.project(self.centre + self.epsilon * share)


def slope(forward: Forward, pixels: Tensor, loss: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (N, classes), ``loss(logits)`` (N,) and its gradient by the pixels, all detached.

    No parameter's ``grad`` changes. A network through which no gradient comes gives zeros, and so does what is not
    finite: an attack that follows gradients gets nowhere there, which is for the evaluation to notice.
    """
    with torch.enable_grad():
        leaf = pixels.detach().requires_grad_(True)
        logits = forward(leaf)
        each = loss(logits)
        gradient = None
        if each.requires_grad:
            (gradient,) = torch.autograd.grad(each.sum(), leaf, allow_unused=True)
    uphill = torch.zeros_like(leaf) if gradient is None else torch.nan_to_num(gradient, posinf=0.0, neginf=0.0)
    return logits.detach(), each.detach(), uphill.detach()
