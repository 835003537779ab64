"""The contract of a corruption, and the registry of them.

    corruption(pixels, severity, rng) -> pixels     (C, H, W) float32 in [0, 1], C 1 (grey) or 3 (RGB); a new array

``severity`` 0 is the picture as it is, 1 to 5 spoil it more and more. What is random is drawn from ``rng`` alone; with
the same draws a higher severity is more of the same (a direction, a place, a grain), so that a curve over severities
compares like with like. Sizes are shares of the shorter side: a severity means the same at any resolution. The levels
are close to those of the sets in the source, where those have the corruption.

Source: Di Salvo, Doerrich & Ledig 2024, MedMNIST-C: Comprehensive benchmark and improved classifier robustness by
simulating realistic image corruptions; Hendrycks & Dietterich 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.registry import Registry

__all__ = ["CORRUPTIONS", "SEVERITIES", "Corruption", "Floats", "Pixels", "corrupt"]

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]

SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Corruption:
    """One way to spoil a picture. ``summary``: what it stands for; ``levels``: of ``compute`` by severity; ``colour``:
    it needs three channels. ``compute(pixels, level, rng)`` takes and gives (C, H, W) float64, and may leave [0, 1]."""

    name: str
    summary: str
    levels: tuple[float, float, float, float, float]
    compute: Callable[[Floats, float, np.random.Generator], NDArray[Any]]
    colour: bool = False

    def __call__(self, pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
        """See the contract. Raises ``UsageError`` for what is no picture or no severity, ``DataError`` for pixels that
        are not in [0, 1]."""
        wanted = (3,) if self.colour else (1, 3)
        if pixels.ndim != 3 or pixels.shape[0] not in wanted or pixels.dtype != np.float32 or not pixels.size:
            raise UsageError(
                f"spoiling a picture by {self.name}: got {pixels.dtype} of shape {pixels.shape}; float32 (C, H, W) in "
                f"[0, 1] with C of {' or '.join(map(str, wanted))} is needed"
            )
        if severity not in (0, *SEVERITIES):
            raise UsageError(f"spoiling a picture by {self.name}: a severity of {severity}; 0 to 5 are known")
        if not (pixels.min() >= 0 and pixels.max() <= 1):  # also where they are NaN
            raise DataError(
                f"spoiling a picture by {self.name}: values from {pixels.min():g} to {pixels.max():g}; 0 to 1 is needed"
            )
        if severity == 0:
            return pixels.copy()
        spoilt = self.compute(pixels.astype(np.float64), self.levels[severity - 1], rng)
        return np.asarray(np.clip(spoilt, 0, 1), np.float32)


CORRUPTIONS: Registry[Corruption] = Registry("corruption")


def corrupt(name: str, pixels: Pixels, severity: int, *, seed: int, index: int) -> Pixels:
    """One picture, spoilt; its draws come from (seed, index of the case in the sorted cohort)."""
    return CORRUPTIONS.get(name)(pixels, severity, np.random.default_rng((seed, index)))
