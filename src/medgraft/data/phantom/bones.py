"""The skeleton of a synthetic chest: ribs, clavicles and spine, as curves.

Each bone is a cortical tube filled with marrow: the tube of outer radius counts as cortical bone, the inner one takes
the difference back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.data.phantom.tissue import CORTICAL, MARROW, SOFT, VERTEBRA
from medgraft.data.phantom.tube import Tubes

__all__ = ["draw_bones", "rib_curve"]

_STEP_MM = 1.2
_RIB_RADIUS, _RIB_CORTEX = 5.4, 0.9
_VERTEBRA_RADIUS, _VERTEBRA_PITCH = 16.0, 23.0


def draw_bones(rng: np.random.Generator) -> tuple[Tubes, ...]:
    """Ten pairs of ribs, two clavicles and the spine of one patient, in patient mm."""
    pitch, slope = rng.normal(22.5, 0.8), rng.normal(88, 8)
    width = rng.normal(139, 4)
    curves = [rib_curve(side, -128 + level * pitch, slope, width) for side in (-1.0, 1.0) for level in range(10)]
    curves += [_clavicle(side, rng) for side in (-1.0, 1.0)]
    points, arc = _resample(curves)
    spine, spine_arc = _spine(rng)
    inner = _RIB_RADIUS - _RIB_CORTEX
    return (
        Tubes("ribs", _RIB_RADIUS, CORTICAL - SOFT, points, arc),
        Tubes("rib marrow", inner, MARROW - CORTICAL, points, arc),
        Tubes("spine", _VERTEBRA_RADIUS, VERTEBRA - SOFT, spine, spine_arc),
    )


def rib_curve(side: float, top: float, slope: float, width: float) -> NDArray[np.float32]:
    """Axis of one rib, ``(n, 3)``: from the spine around the side (−1 image left, 1 image right) to the front.

    ``top`` is the height at the spine, ``slope`` how much lower the front end lies, ``width`` half of the widest
    rib cage (mm). The upper rib cage narrows like an ellipsoid.
    """
    azimuth = np.linspace(np.radians(6), np.radians(146), 120)
    narrowing = np.sqrt(max(1 - ((top + 35 - 75) / 205) ** 2, 0.12))
    x = side * width * narrowing * np.sin(azimuth)
    y = 92 * narrowing * np.cos(azimuth)
    z = top - 5 * np.sin(2 * azimuth) + slope * (azimuth / np.pi) ** 1.7
    return np.stack([x, y, z], axis=1).astype(np.float32)


def _clavicle(side: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """An S from the breast bone to the shoulder."""
    along = np.linspace(0, 1, 60)
    lift = rng.normal(26, 4)
    x = side * (20 + 125 * along)
    y = -62 + 50 * along
    z = -88 - lift * along - 7 * np.sin(2 * np.pi * along)
    return np.stack([x, y, z], axis=1).astype(np.float32)


def _spine(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vertebrae with thinner discs between them, slightly curved."""
    z = np.arange(-230.0, 230.0, _STEP_MM)
    curve = rng.normal(0, 3) * np.sin(z / 110 + rng.uniform(0, np.pi))
    points = np.stack([curve, np.full_like(z, 62.0), z], axis=1).astype(np.float32)
    phase = (z / _VERTEBRA_PITCH) % 1
    arc = np.where(phase < 0.26, 0.35, 1.0) * _STEP_MM
    return points, arc.astype(np.float32)


def _resample(curves: list[NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """All curves as points a fixed step apart, with the arc that each stands for."""
    points, arcs = [], []
    for curve in curves:
        reached = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
        count = max(int(reached[-1] / _STEP_MM), 2)
        middle = (np.arange(count) + 0.5) * reached[-1] / count
        points.append(np.stack([np.interp(middle, reached, curve[:, axis]) for axis in range(3)], axis=1))
        arcs.append(np.full(count, reached[-1] / count))
    return np.concatenate(points).astype(np.float32), np.concatenate(arcs).astype(np.float32)
