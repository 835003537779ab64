"""The detector: a square of pixels, in mm around its centre, and where a patient stands before it.

``Grid`` maps pixels to mm on the detector; ``Pose`` maps mm in the patient to mm on the detector (a similarity in
the image plane, a small turn about the long axis and a breath), and back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIELD_MM", "MAGNIFICATIONS", "Grid", "Pose", "draw_pose"]

FIELD_MM = 360.0
"""Side of the detector, whatever the number of pixels."""

MAGNIFICATIONS = (0.98, 0.99, 1.0, 1.01, 1.02)
"""A few fixed distances from the detector, so that the projected shapes of tubes can be kept."""


@dataclass(frozen=True, slots=True)
class Grid:
    """``size`` pixels a side; pixel centres at ``(index − (size − 1) / 2) · spacing`` mm."""

    size: int

    @property
    def spacing(self) -> float:
        """Side of a pixel in mm."""
        return FIELD_MM / self.size

    def coordinates(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """x and z of each pixel's centre on the detector in mm; ``(1, size)`` and ``(size, 1)``."""
        axis = ((np.arange(self.size) - (self.size - 1) / 2) * self.spacing).astype(np.float32)
        return axis[None, :], axis[:, None]

    def to_pixels(self, x: float, z: float) -> tuple[float, float]:
        """(column, row) of a place on the detector; whole numbers are pixel centres."""
        offset = (self.size - 1) / 2
        return x / self.spacing + offset, z / self.spacing + offset


@dataclass(frozen=True, slots=True)
class Pose:
    """How the patient stood and breathed for one picture; all zero (and magnification 1) is upright."""

    shift_x: float = 0.0
    shift_z: float = 0.0
    angle: float = 0.0
    """Turn in the image plane, degrees."""
    magnification: float = 1.0
    turn: float = 0.0
    """Turn about the long axis, degrees: the front moves to one side, the back to the other."""
    breath: float = 0.0
    """How far the diaphragm and the heart stand lower, mm."""

    def sway(self, depth: float | NDArray[np.float32]) -> float | NDArray[np.float32]:
        """Sideways displacement (mm) of what lies at ``depth`` when the patient turns (small angles)."""
        return depth * math.sin(math.radians(self.turn))

    def to_detector(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Patient mm ``(n, 3)`` to detector mm; depth is unchanged."""
        x = points[:, 0] + self.sway(points[:, 1])
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        across = self.magnification * (cos * x - sin * points[:, 2]) + self.shift_x
        down = self.magnification * (sin * x + cos * points[:, 2]) + self.shift_z
        return np.stack([across, points[:, 1], down], axis=1).astype(np.float32)

    def to_patient(
        self, x: NDArray[np.float32], z: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Detector mm to patient mm in the image plane (the turn is applied to the organs instead)."""
        cos = np.float32(math.cos(math.radians(self.angle)) / self.magnification)
        sin = np.float32(math.sin(math.radians(self.angle)) / self.magnification)
        dx, dz = x - np.float32(self.shift_x), z - np.float32(self.shift_z)
        return cos * dx + sin * dz, cos * dz - sin * dx


def draw_pose(rng: np.random.Generator) -> Pose:
    """The small differences between two pictures of one patient."""
    return Pose(
        shift_x=float(rng.normal(0, 4)),
        shift_z=float(rng.normal(0, 5)),
        angle=float(rng.normal(0, 1.2)),
        magnification=float(rng.choice(MAGNIFICATIONS)),
        turn=float(rng.normal(0, 1.5)),
        breath=float(rng.uniform(-8, 6)),
    )
