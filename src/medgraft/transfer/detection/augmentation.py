"""Augmentation that moves boxes along with their picture: one draw, applied to both.

Mirroring as the modality allows it, scale and shift without rotation (the box of a turned thing is not the turned box),
and what the modality's policy does to brightness. All from (seed, epoch, index of the case in the sorted cohort). A box
of which more than 60 % has left the view is dropped, others are cut off at the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.augmentation.affine import Affine
from medgraft.data.augmentation.flip import Flip
from medgraft.data.augmentation.intensity import Intensity
from medgraft.data.augmentation.policy import Policy, policy_for
from medgraft.data.augmentation.transform import Draw
from medgraft.errors import UsageError

__all__ = ["BoxAugmentation", "box_policy", "move_boxes", "visible"]

_SCALE, _SHIFT = 0.25, 0.1
_JITTER = Intensity(brightness=0.1, contrast=0.25, gamma=0.25)
_SEEN = 0.4
_THINNEST = 1.0
Floats = NDArray[np.float64]


def box_policy(modality: str, *, upright: bool) -> Policy:
    """The modality's gentle policy with what fits boxes. ``upright``: rows and columns are not exchanged, as pictures
    that were stretched would then show things that never come."""
    placed, other = [], []
    for item in policy_for(modality).transforms:
        if isinstance(item, Flip):
            placed.append(item.model_copy(update={"transpose": 0.0}) if upright else item)
        elif not isinstance(item, Affine | Intensity):
            other.append(item)
    return Policy((*placed, Affine(degrees=0.0, scale=_SCALE, shift=_SHIFT), _JITTER, *other))


@dataclass(frozen=True)
class BoxAugmentation:
    """``policy`` drawn from ``seed``."""

    policy: Policy
    seed: int

    def pixels(self, pixels: NDArray[np.float32], epoch: int, index: int) -> NDArray[np.float32]:
        """(C, S, S) as the epoch shows them."""
        return self.policy.augment(pixels, seed=self.seed, epoch=epoch, index=index)[0]

    def boxes(self, boxes: NDArray[Any], side: int, epoch: int, index: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Where boxes (n, 4) of the square of ``side`` lie then, cut off at its edge, and which (n,) are still seen."""
        rng = np.random.default_rng((self.seed, epoch, index))
        return visible(move_boxes(boxes, [item.draw(rng) for item in self.policy.transforms], side), side)


def move_boxes(boxes: NDArray[Any], draws: Sequence[Draw], side: int) -> Floats:
    """Boxes (n, 4) after ``draws``, in the order in which pixels go through them. Raises ``UsageError`` for a draw that
    turns the picture, or moves it in a way that is not known here."""
    moved = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    for draw in draws:
        values = draw.values
        if draw.transform == Flip.name:
            if values["horizontal"]:
                moved[:, [0, 2]] = side - moved[:, [2, 0]]
            if values["vertical"]:
                moved[:, [1, 3]] = side - moved[:, [3, 1]]
            if values["transpose"]:
                moved = moved[:, [1, 0, 3, 2]]
        elif draw.transform == Affine.name and not values["degrees"]:
            shift = np.array([values["right"], values["down"]] * 2) * side
            moved = (moved - side / 2) * values["scale"] + side / 2 + shift
        elif draw.transform in (Affine.name, "crop"):
            raise UsageError(
                f"moving boxes along with {draw.transform} {values}: only mirroring, scale and shift keep boxes boxes; "
                "use `box_policy`"
            )
    return moved


def visible(boxes: Floats, side: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Boxes (n, 4) cut off at the edges of the square, and which (n,) have at least 40 % of their area, and a pixel of
    width and height, left."""
    cut = np.clip(boxes, 0.0, float(side))
    extent, whole = cut[:, 2:] - cut[:, :2], boxes[:, 2:] - boxes[:, :2]
    seen = (extent.prod(axis=1) >= _SEEN * whole.prod(axis=1)) & (extent >= _THINNEST).all(axis=1)
    return cut, np.asarray(seen)
