"""The learning rate's shape over a run, as a pure function of the step: linear warm-up, then a cosine to
zero.

Source: Loshchilov & Hutter 2017 (cosine); Goyal et al. 2017 (warm-up).
"""

from __future__ import annotations

import math

from medgraft.errors import UsageError

__all__ = ["warmup_cosine"]


def warmup_cosine(step: int, *, steps: int, warmup: int) -> float:
    """The factor in (0, 1] on the learning rate of step ``step`` (0 … steps − 1).

    ``(step + 1) / warmup`` for the first ``warmup`` steps, then ``(1 + cos(π (step − warmup) / (steps −
    warmup))) / 2``; it is 1 where the warm-up ends and would reach 0 one step after the last.
    """
    if not 0 <= step < steps or not 0 <= warmup <= steps:
        raise UsageError(f"a schedule of {steps} steps with {warmup} of warm-up has no step {step}")
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
