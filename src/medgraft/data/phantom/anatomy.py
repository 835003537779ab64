"""The synthetic chest of one patient: drawn once, then seen in several poses.

Soft parts are ellipsoids, bones and vessels are tubes. ``Anatomy`` is plain data in patient mm;
``project`` gives the line integral of attenuation of each ray (Beer–Lambert's exponent).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medgraft.data.phantom.bones import draw_bones
from medgraft.data.phantom.ellipsoid import Ellipsoid, Interval, clip, path_length, union_length
from medgraft.data.phantom.grid import Grid, Pose
from medgraft.data.phantom.tissue import AIR, LUNG, SOFT
from medgraft.data.phantom.tube import Tubes, project_tubes
from medgraft.data.phantom.vessels import draw_vessels

__all__ = ["Anatomy", "draw_anatomy", "project"]


@dataclass(frozen=True)
class Anatomy:
    """One patient. ``body`` is soft tissue; ``lungs`` (image left, image right) are carved by ``middle`` (heart,

    mediastinum) and ``domes`` (diaphragm); ``gas`` is air in soft tissue; ``tubes`` are bones, vessels, airway.
    """

    body: tuple[Ellipsoid, ...]
    lungs: tuple[Ellipsoid, Ellipsoid]
    middle: tuple[Ellipsoid, ...]
    domes: tuple[Ellipsoid, Ellipsoid]
    gas: Ellipsoid
    tubes: tuple[Tubes, ...]

    def posed(self, pose: Pose) -> Anatomy:
        """The same organs after the turn and breath of ``pose`` (in-plane motion is the grid's affair)."""

        def place(organ: Ellipsoid, breath: float = 0.0) -> Ellipsoid:
            return organ.moved(dx=float(pose.sway(organ.centre[1])), dz=breath)

        return replace(
            self,
            body=tuple(place(organ) for organ in self.body),
            lungs=(place(self.lungs[0]), place(self.lungs[1])),
            middle=tuple(place(organ, 0.5 * pose.breath) for organ in self.middle),
            domes=(place(self.domes[0], pose.breath), place(self.domes[1], pose.breath)),
            gas=place(self.gas, pose.breath),
            tubes=tuple(replace(tube, points=pose.to_detector(tube.points)) for tube in self.tubes),
        )


def project(anatomy: Anatomy, pose: Pose, grid: Grid) -> NDArray[np.float32]:
    """Line integral of attenuation through the posed patient, ``(size, size)``, dimensionless, ≥ 0."""
    posed = anatomy.posed(pose)
    x, z = pose.to_patient(*grid.coordinates())
    carving = [organ.interval(x, z) for organ in (*posed.middle, *posed.domes)]
    body = [part.interval(x, z) for part in posed.body]
    total = np.float32(SOFT) * union_length(body)
    for lung in posed.lungs:
        # The chest wall is never thinner than the trunk allows: a lung ends where the trunk ends.
        seen = clip(lung.interval(x, z), body[0])
        columns = _columns(path_length(seen))
        total[:, columns] += np.float32(LUNG - SOFT) * _aerated(
            _cut(seen, columns), [_cut(organ, columns) for organ in carving]
        )
    total += np.float32(AIR - SOFT) * path_length(posed.gas.interval(x, z))
    total += project_tubes(list(posed.tubes), grid, pose.magnification)
    exponent: NDArray[np.float32] = np.maximum(total, np.float32(0))
    return exponent


def _aerated(lung: Interval, carving: list[Interval]) -> NDArray[np.float32]:
    """How far each ray runs in the lung but in none of the organs that press into it, mm."""
    return path_length(lung) - union_length([clip(organ, lung) for organ in carving])


def _columns(length: NDArray[np.float32]) -> slice:
    """The columns that a body is seen in: work on a lung is a third of work on the whole detector."""
    seen = np.flatnonzero(length.max(axis=0) > 0)
    return slice(int(seen[0]), int(seen[-1]) + 1) if len(seen) else slice(0, 0)


def _cut(interval: Interval, columns: slice) -> Interval:
    """The interval of the rays in these columns."""
    return interval[0][:, columns], interval[1][:, columns]


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """A patient: sizes vary by 3 to 10 %, positions by a few mm."""

    def about(value: float, share: float = 0.05) -> float:
        return float(value * (1 + share * np.clip(rng.normal(), -2, 2)))

    def shaped(centre: tuple[float, float, float], axes: tuple[float, float, float], tilt: float = 0.0) -> Ellipsoid:
        jitter = np.clip(rng.normal(0, 2.5, 3), -5, 5)
        x, y, z = (float(c + j) for c, j in zip(centre, jitter, strict=True))
        return Ellipsoid((x, y, z), (about(axes[0], 0.04), about(axes[1], 0.04), about(axes[2], 0.04)), tilt)

    girth = about(1.0, 0.06)
    body = (
        Ellipsoid((0, 0, 95), (170 * girth, 114 * girth, 400)),
        Ellipsoid((0, 12, -160), (about(205), about(52), about(64))),
        Ellipsoid((0, 18, -210), (about(54), about(54), 120)),
    )
    lungs = (
        shaped((-72, 4, 46), (63, 88, 176), tilt=9.0),
        shaped((74, 4, 48), (61, 88, 178), tilt=-9.0),
    )
    heart = shaped((26, -24, 72), (about(64, 0.08), 48, about(50, 0.08)), tilt=32)
    middle = (
        heart,
        shaped((2, 8, -40), (about(24, 0.1), 74, 190)),
        shaped((17, 12, -58), (18, 30, 20)),
        shaped((-12, -8, 62), (30, 40, 42)),
    )
    domes = (shaped((-78, 0, 190), (98, 125, about(82))), shaped((80, 0, 204), (98, 125, about(84))))
    gas = shaped((72, -18, 152), (about(22, 0.2), 22, about(11, 0.2)))
    vessels = draw_vessels(lungs, ((-30.0, 8.0, 2.0), (34.0, 8.0, -6.0)), rng)
    return Anatomy(body, lungs, middle, domes, gas, (*draw_bones(rng), *vessels, _airway(rng)))


def _airway(rng: np.random.Generator) -> Tubes:
    """The trachea: air down the mediastinum to the carina."""
    z = np.arange(-190.0, -38.0, 1.2)
    x = -1.5 + 4 * np.clip((z + 110) / 70, 0, 1) * float(rng.normal(0, 1))
    points = np.stack([x, np.full_like(z, 20.0), z], axis=1).astype(np.float32)
    return Tubes("airway", 8.0, AIR - SOFT, points, np.full(len(z), 1.2, np.float32))
