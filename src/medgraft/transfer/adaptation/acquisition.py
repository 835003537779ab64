"""Changes of how a picture was taken, one after the other: what may lie between two sites.

A ``Step`` is a corruption at a severity, or the negative; an ``Acquisition`` is a tuple of them. Those of ``KINDS`` are
the same for every case but for the grain of noise: exposure and display, sharpness, noise, resolution and storage,
framing, and pictures stored as their negative. They are what a scanner, a protocol or an archive changes; what differs
in the patients is none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medgraft.errors import UsageError
from medgraft.transfer.robustness.corruptions.catalogue import CORRUPTIONS
from medgraft.transfer.robustness.corruptions.corruption import SEVERITIES, Pixels

__all__ = ["KINDS", "NEGATIVE", "Acquisition", "Step", "acquired", "levels_of", "told"]

NEGATIVE = "negative"
KINDS = (
    "brightness-up",
    "brightness-down",
    "contrast-up",
    "contrast-down",
    "gamma-up",
    "gamma-down",
    NEGATIVE,
    "gaussian-blur",
    "edge-enhancement",
    "gaussian-noise",
    "shot-noise",
    "speckle-noise",
    "pixelate",
    "jpeg",
    "closer-view",
    "wider-view",
)


@dataclass(frozen=True, order=True)
class Step:
    """``kind``: one of ``KINDS``; ``severity`` 1 to 5, of the negative 1. Raises ``UsageError`` for others."""

    kind: str
    severity: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.severity not in levels_of(self.kind):
            raise UsageError(
                f"changing an acquisition: {self.kind} at severity {self.severity}; known are {', '.join(KINDS)}, from "
                "1 to 5 (negative: 1)"
            )


Acquisition = tuple[Step, ...]


def levels_of(kind: str) -> tuple[int, ...]:
    """Severities from the least to the most."""
    return (1,) if kind == NEGATIVE else SEVERITIES


def acquired(pixels: Pixels, acquisition: Acquisition, *, seed: int, index: int) -> Pixels:
    """One picture (C, H, W) float32 in [0, 1] as it would look; grain from (seed, place of the step, index)."""
    for place, step in enumerate(acquisition):
        if step.kind == NEGATIVE:
            pixels = np.float32(1) - pixels
        else:
            rng = np.random.default_rng((seed, place, index))
            pixels = CORRUPTIONS.get(step.kind)(pixels, step.severity, rng)
    return pixels


def told(acquisition: Acquisition) -> list[str]:
    """A text a step."""
    return [step.kind if step.kind == NEGATIVE else f"{step.kind} {step.severity}" for step in acquisition]
