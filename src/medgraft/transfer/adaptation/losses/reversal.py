"""The reversed gradient: nothing happens to values on their way forward, and their gradient comes back with its sign
turned, so that one minimisation plays a game of two.

Source: Ganin & Lempitsky 2015, Unsupervised Domain Adaptation by Backpropagation.
"""

from __future__ import annotations

import math

from torch import Tensor

__all__ = ["reversed_gradient", "rising"]


def reversed_gradient(values: Tensor, strength: float) -> Tensor:
    """``values``, but the gradient is multiplied with −``strength``."""
    return (values * (1 + strength)).detach() - strength * values


def rising(progress: float) -> float:
    """``2 / (1 + exp(−10 p)) − 1``: the strength at a ``progress`` in [0, 1], from 0 to nearly 1, so that an adversary
    that has not learnt yet disturbs nothing."""
    return 2 / (1 + math.exp(-10 * progress)) - 1
