"""Nodules: spheres of known place, radius and attenuation inside an aerated lung.

The path through a sphere of radius r at distance d from its centre is ``2 sqrt(r² − d²)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medgraft.data.phantom.anatomy import Anatomy
from medgraft.data.phantom.grid import Grid, Pose
from medgraft.data.phantom.tissue import LUNG, SOFT

__all__ = ["COUNT", "RADIUS_MM", "Nodule", "draw_nodules", "project_nodule", "silhouette"]

RADIUS_MM = (7.5, 16.0)
"""Smallest and largest radius of a drawn nodule."""

COUNT = (2, 6)
"""Fewest and most nodules of a patient who has any."""

_SOLIDITY = (0.95, 1.4)
"""Attenuation of a nodule in units of soft tissue: from hardly less to partly calcified."""

_CLEARANCE = 1.12
"""Organs are kept away from by this factor of their own size, so that a nodule displaces air only."""


@dataclass(frozen=True, slots=True)
class Nodule:
    """``centre`` (x, y, z) and ``radius`` in patient mm; ``attenuation`` per mm against the air-filled lung."""

    centre: tuple[float, float, float]
    radius: float
    attenuation: float

    def posed(self, pose: Pose) -> Nodule:
        """Centre and radius as the detector sees them, in detector mm; the path keeps its patient mm."""
        at = pose.to_detector(np.asarray([self.centre], np.float32))[0]
        return replace(
            self,
            centre=(float(at[0]), float(at[1]), float(at[2])),
            radius=self.radius * pose.magnification,
            attenuation=self.attenuation / pose.magnification,
        )


def _squared_distance(nodule: Nodule, grid: Grid) -> NDArray[np.float32]:
    """Squared distance of each pixel's centre from the (posed) nodule's, mm²."""
    x, z = grid.coordinates()
    squared: NDArray[np.float32] = (x - np.float32(nodule.centre[0])) ** 2 + (z - np.float32(nodule.centre[2])) ** 2
    return squared


def project_nodule(nodule: Nodule, grid: Grid) -> NDArray[np.float32]:
    """Line integral that a posed nodule adds, ``(size, size)``, dimensionless."""
    chord = 2 * np.sqrt(np.maximum(np.float32(nodule.radius**2) - _squared_distance(nodule, grid), 0))
    added: NDArray[np.float32] = np.float32(nodule.attenuation) * chord
    return added


def silhouette(nodule: Nodule, grid: Grid) -> NDArray[np.bool_]:
    """The pixels whose centres a posed nodule covers, ``(size, size)``."""
    inside: NDArray[np.bool_] = _squared_distance(nodule, grid) <= nodule.radius**2
    return inside


def draw_nodules(
    anatomy: Anatomy,
    rng: np.random.Generator,
    *,
    count: tuple[int, int] = COUNT,
    radius_mm: tuple[float, float] = RADIUS_MM,
) -> tuple[Nodule, ...]:
    """The nodules of one patient: each well inside a lung, clear of heart, diaphragm and the others."""
    nodules: list[Nodule] = []
    for _ in range(int(rng.integers(count[0], count[1] + 1))):
        nodule = _draw_nodule(anatomy, nodules, radius_mm, rng)
        if nodule is not None:
            nodules.append(nodule)
    return tuple(nodules) or (_last_resort(anatomy, rng),)


def _draw_nodule(
    anatomy: Anatomy, others: list[Nodule], radius_mm: tuple[float, float], rng: np.random.Generator
) -> Nodule | None:
    """One nodule in a free place of either lung; ``None`` in the rare chest that has no room for its size."""
    lung = anatomy.lungs[int(rng.integers(2))]
    radius = float(rng.uniform(*radius_mm))
    solidity = float(rng.uniform(*_SOLIDITY))
    candidates = rng.uniform(-1, 1, (512, 3)) * np.asarray(lung.axes) + np.asarray(lung.centre)
    points = candidates.astype(np.float32)
    allowed = lung.radius_at(points) < 1 - (radius + 3) / min(lung.axes)
    for organ in (*anatomy.middle, *anatomy.domes):
        allowed &= organ.radius_at(points) > _CLEARANCE + radius / min(organ.axes)
    for other in others:
        distance = np.linalg.norm(points - np.asarray(other.centre, np.float32), axis=1)
        allowed &= distance > radius + other.radius
    if not allowed.any():
        return None
    x, y, z = points[allowed][0]
    return Nodule((float(x), float(y), float(z)), radius, solidity * SOFT - LUNG)


def _last_resort(anatomy: Anatomy, rng: np.random.Generator) -> Nodule:
    """The smallest nodule high in a lung, so that a patient said to have one has one."""
    lung = anatomy.lungs[int(rng.integers(2))]
    x, y, z = lung.centre
    return Nodule((x, y, z - 0.4 * lung.axes[2]), RADIUS_MM[0], SOFT - LUNG)
