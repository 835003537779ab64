"""One synthetic picture with its truth: pixels, mask, boxes, spacing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.data.phantom.acquisition import Site, expose
from medgraft.data.phantom.anatomy import Anatomy, project
from medgraft.data.phantom.grid import Grid, Pose
from medgraft.data.phantom.nodule import Nodule, project_nodule, silhouette

__all__ = ["Box", "Radiograph", "render"]

Box = tuple[int, int, int, int]
"""``x0, y0, x1, y1`` in pixels, half-open."""


@dataclass(frozen=True)
class Radiograph:
    """``pixels`` (H, W) uint16, 0…4095, dense is white; ``mask`` (H, W) bool, the nodules' silhouettes;

    ``boxes`` one a nodule; ``centres`` (column, row) of each nodule in pixels; ``spacing`` (row, column) in mm.
    """

    pixels: NDArray[np.uint16]
    mask: NDArray[np.bool_]
    boxes: tuple[Box, ...]
    centres: tuple[tuple[float, float], ...]
    spacing: tuple[float, float]


def render(
    anatomy: Anatomy,
    nodules: tuple[Nodule, ...],
    pose: Pose,
    site: Site,
    grid: Grid,
    rng: np.random.Generator,
) -> Radiograph:
    """Take one picture of a patient at a site. ``rng`` draws exposure and noise only."""
    exponent = project(anatomy, pose, grid)
    mask = np.zeros((grid.size, grid.size), np.bool_)
    boxes, centres = [], []
    for nodule in nodules:
        seen = nodule.posed(pose)
        exponent = exponent + project_nodule(seen, grid)
        covered = silhouette(seen, grid)
        mask |= covered
        boxes.append(_box(covered))
        centres.append(grid.to_pixels(seen.centre[0], seen.centre[2]))
    return Radiograph(
        expose(exponent, site, grid, rng), mask, tuple(boxes), tuple(centres), (grid.spacing, grid.spacing)
    )


def _box(covered: NDArray[np.bool_]) -> Box:
    """Smallest half-open box around the covered pixels; ``(0, 0, 0, 0)`` where none is."""
    if not covered.any():
        return 0, 0, 0, 0
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
