"""Which augmentations suit which kind of picture: gentle, and never against anatomy.

Left and right mean something in radiographs, CT and MR, so they are never mirrored, nor is a picture of unknown
modality. Up and down are exchanged only in microscopy and fundus photographs. Hue is never changed. Everything is drawn
from (seed, epoch, index of the case in the sorted cohort), so that a resumed run equals an unbroken one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medgraft.data.augmentation.affine import Affine
from medgraft.data.augmentation.blur import Blur
from medgraft.data.augmentation.crop import Crop
from medgraft.data.augmentation.flip import Flip
from medgraft.data.augmentation.intensity import Intensity
from medgraft.data.augmentation.noise import Noise
from medgraft.data.augmentation.transform import TRANSFORMS, Draw, Pixels, Transform, check_pixels
from medgraft.errors import UsageError
from medgraft.registry import nearest
from medgraft.types import Modality

__all__ = ["Policy", "policy_for", "replay", "views_for"]


@dataclass(frozen=True)
class Policy:
    """Transforms in the order in which they are applied; an empty policy leaves pictures as they are."""

    transforms: tuple[Transform, ...]

    def augment(self, pixels: Pixels, *, seed: int, epoch: int, index: int) -> tuple[Pixels, list[Draw]]:
        """The picture as it is shown in this epoch, and what was drawn for it.

        ``pixels`` (C, S, S) float32 in [0, 1], as is the result, which may be the same array; ``seed``, ``epoch``
        and ``index`` are whole numbers from 0.
        """
        check_pixels(pixels)
        rng = np.random.default_rng((seed, epoch, index))
        draws = [transform.draw(rng) for transform in self.transforms]
        return replay(pixels, draws), draws


def replay(pixels: Pixels, draws: Sequence[Draw]) -> Pixels:
    """Apply a history again: bit-equal to the first time."""
    for draw in draws:
        pixels = TRANSFORMS.get(draw.transform).apply(pixels, draw)
    return pixels


_NEUTRAL: tuple[Transform, ...] = (Affine(), Intensity(), Noise())

_POLICIES: dict[Modality, tuple[Transform, ...]] = {
    Modality.UNKNOWN: _NEUTRAL,
    Modality.RADIOGRAPH: (*_NEUTRAL, Blur()),
    Modality.CT: (*_NEUTRAL, Blur()),
    Modality.MR: (*_NEUTRAL, Blur()),
    Modality.PET: (*_NEUTRAL, Blur()),
    Modality.ULTRASOUND: (Flip(horizontal=0.5), Affine(degrees=5), Intensity(), Noise()),
    Modality.FUNDUS: (Flip(horizontal=0.5, vertical=0.5), Affine(degrees=15), Intensity(), Blur()),
    Modality.MICROSCOPY: (
        Flip(horizontal=0.5, vertical=0.5, transpose=0.5),
        Affine(degrees=15),
        Intensity(),
        Blur(),
    ),
    Modality.PHOTOGRAPH: (Flip(horizontal=0.5), Affine(degrees=10), Intensity(), Blur()),
}

_STRONG: tuple[Transform, ...] = (
    Intensity(brightness=0.2, contrast=0.5, gamma=0.5),
    Blur(sigma=1.5, probability=0.5),
    Noise(sigma=0.04),
)


def policy_for(modality: str) -> Policy:
    """The gentle policy of a modality (a ``Modality`` value); unknown has the neutral one."""
    return Policy(_POLICIES[_known(modality)])


def views_for(modality: str) -> Policy:
    """The strong policy of a modality, for views that a network learns to take for the same picture without labels: a
    part of it, another exposure, more blur and grain. What the gentle one never does (mirroring a chest, another hue),
    this one does not do either."""
    gentle = _POLICIES[_known(modality)]
    placed = tuple(item for item in gentle if isinstance(item, Flip | Affine))
    return Policy((Crop(), *placed, *_STRONG))


def _known(modality: str) -> Modality:
    if modality not in set(Modality):
        raise UsageError(
            f"choosing an augmentation: there is no modality {modality!r}{nearest(modality, list(Modality))}; "
            f"known: {', '.join(Modality)}"
        )
    return Modality(modality)
