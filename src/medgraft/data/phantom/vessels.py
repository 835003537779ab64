"""The vessels of the lungs: trees that branch from each hilum, thinner at each branching.

They are what makes finding a nodule hard: a vessel seen along the ray looks like a small nodule.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.data.phantom.ellipsoid import Ellipsoid
from medgraft.data.phantom.tissue import LUNG, SOFT
from medgraft.data.phantom.tube import Tubes

__all__ = ["draw_vessels"]

# Radius (mm), branch length (mm) and how far a branch may turn, level by level.
_LEVELS = (
    (5.5, 20.0, 0.0),
    (4.2, 24.0, 0.4),
    (3.1, 24.0, 0.45),
    (2.2, 22.0, 0.5),
    (1.6, 20.0, 0.55),
    (1.1, 18.0, 0.6),
)
_TRUNKS = 7
_POINTS_PER_BRANCH = 14


def draw_vessels(
    lungs: tuple[Ellipsoid, ...], hila: tuple[tuple[float, float, float], ...], rng: np.random.Generator
) -> tuple[Tubes, ...]:
    """One ``Tubes`` a level, both lungs together; what leaves its lung is cut off."""
    points: list[list[NDArray[np.float32]]] = [[] for _ in _LEVELS]
    arcs: list[list[NDArray[np.float32]]] = [[] for _ in _LEVELS]
    for lung, hilum in zip(lungs, hila, strict=True):
        outward = np.sign(hilum[0])
        start = np.tile(np.asarray(hilum, np.float64), (_TRUNKS, 1)) + rng.normal(0, 4, (_TRUNKS, 3))
        heading = _trunk_headings(outward, rng)
        for level, (_, length, turn) in enumerate(_LEVELS):
            if level:
                start, heading = np.repeat(start, 2, axis=0), np.repeat(heading, 2, axis=0)
                heading = _unit(heading + rng.normal(0, turn, heading.shape))
            spans = length * rng.uniform(0.7, 1.3, len(start))
            branch, start = _branches(start, heading, spans, rng)
            flat = branch.reshape(-1, 3).astype(np.float32)
            arc = np.repeat(spans / _POINTS_PER_BRANCH, _POINTS_PER_BRANCH).astype(np.float32)
            inside = lung.radius_at(flat) < 0.98
            points[level].append(flat[inside])
            arcs[level].append(arc[inside])
    return tuple(
        Tubes(
            f"vessels {level}",
            radius,
            SOFT - LUNG,
            np.concatenate(points[level]),
            np.concatenate(arcs[level]),
        )
        for level, (radius, _, _) in enumerate(_LEVELS)
    )


def _trunk_headings(outward: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Main branches fan out from straight up over outwards to straight down."""
    fan = np.radians(np.linspace(-75, 80, _TRUNKS) + rng.normal(0, 7, _TRUNKS))
    heading = np.stack([outward * np.cos(fan), rng.normal(0, 0.5, _TRUNKS), np.sin(fan)], axis=1)
    return _unit(heading)


def _branches(
    start: NDArray[np.float64],
    heading: NDArray[np.float64],
    spans: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slightly bent branches ``(n, points, 3)`` and where they end ``(n, 3)``."""
    along = (np.arange(_POINTS_PER_BRANCH) + 0.5) / _POINTS_PER_BRANCH
    bend = rng.normal(0, 0.12, heading.shape) * spans[:, None]
    straight = start[:, None] + along[None, :, None] * (spans[:, None] * heading)[:, None]
    return straight + (along**2)[None, :, None] * bend[:, None], start + spans[:, None] * heading + bend


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same directions with length 1."""
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit
