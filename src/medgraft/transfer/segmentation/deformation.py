"""How a patch and its label map may stand a little differently: drawn first, then applied to both.

Rotation, scale, mirroring and a gentle elastic change move pixels (linearly) and label map (to the nearest voxel)
alike; gain, offset, gamma and noise change the pixels alone. What comes in from outside repeats the border. A picture
is turned in its plane; of a volume about all three axes, less where the patch is flat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Deformation", "deformed", "draw_deformation"]

_CONTROL = 4
"""Points along a side of the elastic change."""


@dataclass(frozen=True)
class Deformation:
    """``angles``: radians about each axis of (D, H, W), in 2-D the first alone; ``scale``: above 1 enlarges;
    ``mirrored``: which axes are turned round; ``bend``: seed and size (share of half a side) of the elastic change;
    ``gain``, ``offset``, ``gamma`` of intensities in [0, 1]; ``noise``: seed and standard deviation."""

    angles: tuple[float, float, float]
    scale: float
    mirrored: tuple[bool, bool, bool]
    bend: tuple[int, float]
    gain: float
    offset: float
    gamma: float
    noise: tuple[int, float]


def draw_deformation(
    rng: np.random.Generator, *, flat: bool, mirror: tuple[bool, bool, bool] = (False, True, True)
) -> Deformation:
    """Always equally many draws. ``flat``: a patch of one slice; ``mirror``: the axes along which a mirror image is as
    likely."""
    turns, chances = rng.uniform(-1, 1, 7), rng.uniform(0, 1, 6)
    seeds = rng.integers(0, 2**31, 2)
    far = math.radians(20 if flat else 12)
    angles = (far * turns[0], 0.0 if flat else far * turns[1], 0.0 if flat else far * turns[2])
    mirrored = [may and chance < 0.5 for may, chance in zip(mirror, chances, strict=False)]
    return Deformation(
        angles=(float(angles[0]), float(angles[1]), float(angles[2])),
        scale=float(2 ** (0.35 * turns[3])),
        mirrored=(bool(mirrored[0]), bool(mirrored[1]), bool(mirrored[2])),
        bend=(int(seeds[0]), 0.04 * float(chances[3]) if chances[3] > 0.5 else 0.0),
        gain=float(2 ** (0.3 * turns[4])),
        offset=float(0.1 * turns[5]),
        gamma=float(2 ** (0.5 * turns[6])),
        noise=(int(seeds[1]), 0.05 * float(chances[5]) if chances[4] < 0.3 else 0.0),
    )


def deformed(
    pixels: NDArray[np.float32], labels: NDArray[np.uint8], drawn: Deformation
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """``pixels`` (C, D, H, W) in [0, 1] and ``labels`` (D, H, W) → the same shapes and ranges."""
    flat = pixels.shape[1] == 1
    space = pixels.shape[2:] if flat else pixels.shape[1:]
    grid = _grid(space, drawn)
    there, known = torch.from_numpy(pixels), torch.from_numpy(labels.astype(np.float32))
    if flat:
        there, known = there[:, 0], known[0]
    options: dict[str, Any] = {"padding_mode": "border", "align_corners": False}
    moved = F.grid_sample(there[None], grid, mode="bilinear", **options)[0]
    called = F.grid_sample(known[None, None], grid, mode="nearest", **options)[0, 0]
    changed = _toned(moved, drawn)
    if flat:
        changed, called = changed[:, None], called[None]
    return changed.numpy(), called.round().to(torch.uint8).numpy()


def _grid(space: Sequence[int], drawn: Deformation) -> Tensor:
    """Where each voxel of the result comes from, for ``grid_sample``: (1, …, 2 or 3), axes last to first."""
    dims = len(space)
    half = torch.tensor([side / 2 for side in space])
    turn = _rotation(drawn.angles, dims) / drawn.scale
    signs = drawn.mirrored[3 - dims :]
    turn = turn @ torch.diag(torch.tensor([-1.0 if sign else 1.0 for sign in signs]))
    # normalised coordinates: a side is 2 long whatever its voxels, so that turning has to go through voxels
    matrix = torch.diag(1 / half) @ turn @ torch.diag(half)
    order = list(reversed(range(dims)))
    theta = torch.cat([matrix[order][:, order], torch.zeros(dims, 1)], dim=1)
    grid = F.affine_grid(theta[None], [1, 1, *space], align_corners=False)
    seed, size = drawn.bend
    if not size:
        return grid
    points = np.random.default_rng(seed).uniform(-size, size, (1, dims, *([_CONTROL] * dims))).astype(np.float32)
    mode = "bicubic" if dims == 2 else "trilinear"
    bent = F.interpolate(torch.from_numpy(points), tuple(space), mode=mode, align_corners=True)
    return grid + bent.movedim(1, -1)


def _rotation(angles: tuple[float, float, float], dims: int) -> Tensor:
    """(dims, dims) in the order of axes; about the first axis alone in 2-D."""
    cos, sin = math.cos(angles[0]), math.sin(angles[0])
    if dims == 2:
        return torch.tensor([[cos, -sin], [sin, cos]])
    turn = torch.eye(3)
    for axis, angle in enumerate(angles):
        cos, sin = math.cos(angle), math.sin(angle)
        first, second = (place for place in range(3) if place != axis)
        one = torch.eye(3)
        one[first, first], one[first, second], one[second, first], one[second, second] = cos, -sin, sin, cos
        turn = one @ turn
    return turn


def _toned(pixels: Tensor, drawn: Deformation) -> Tensor:
    changed = ((pixels - 0.5) * drawn.gain + 0.5 + drawn.offset).clamp(0, 1) ** drawn.gamma
    seed, size = drawn.noise
    if size:
        noise = np.random.default_rng(seed).standard_normal(tuple(changed.shape), dtype=np.float32)
        changed = changed + size * torch.from_numpy(noise)
    return changed.clamp(0, 1)
