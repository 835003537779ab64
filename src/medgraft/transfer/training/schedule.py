"""The learning rate's shape over a run, as a pure function of the step: linear warm-up, then a cosine to
zero, or two steps down.

Source: Loshchilov & Hutter 2017 (cosine); Goyal et al. 2017 (warm-up); He et al. 2016 (steps).
"""

from __future__ import annotations

import math

from medgraft.errors import UsageError

__all__ = ["SCHEDULES", "warmup_cosine", "warmup_steps"]


def warmup_cosine(step: int, *, steps: int, warmup: int) -> float:
    """The factor in (0, 1] on the learning rate of step ``step`` (0 … steps − 1).

    ``(step + 1) / warmup`` for the first ``warmup`` steps, then ``(1 + cos(π (step − warmup) / (steps −
    warmup))) / 2``; it is 1 where the warm-up ends and would reach 0 one step after the last.
    """
    _require_step(step, steps, warmup)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def warmup_steps(step: int, *, steps: int, warmup: int) -> float:
    """The same warm-up, then 1, a tenth after half of all steps and a hundredth after three quarters of them."""
    _require_step(step, steps, warmup)
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 if 4 * step >= 3 * steps else 0.1 if 2 * step >= steps else 1.0


def _require_step(step: int, steps: int, warmup: int) -> None:
    if not 0 <= step < steps or not 0 <= warmup <= steps:
        raise UsageError(f"a schedule of {steps} steps with {warmup} of warm-up has no step {step}")


SCHEDULES = {"cosine": warmup_cosine, "steps": warmup_steps}
"""By the name of the recipe's ``schedule``."""
