"""Which corruptions happen to which kind of picture.

As in MedMNIST-C (Di Salvo et al. 2024) where it has the modality, with rings for CT, ghosts for MR, and characters,
edge enhancement and framing for radiographs, too. A picture of unknown modality gets what can happen to any.
"""

from __future__ import annotations

from medgraft.errors import UsageError
from medgraft.registry import nearest
from medgraft.transfer.robustness.corruptions.catalogue import CORRUPTIONS
from medgraft.types import Modality

__all__ = ["corruptions_for"]

_STORAGE = ("pixelate", "jpeg")
_NOISE = ("gaussian-noise", "speckle-noise", "impulse-noise", "shot-noise")
_LENS = ("defocus-blur", "motion-blur")
_EXPOSURE = ("brightness-up", "brightness-down", "contrast-up", "contrast-down")
_GAMMA = ("gamma-up", "gamma-down")
_FRAMING = ("closer-view", "wider-view")

_POLICIES: dict[Modality, tuple[str, ...]] = {
    Modality.UNKNOWN: (*_STORAGE, "gaussian-noise", "gaussian-blur", *_EXPOSURE),
    Modality.RADIOGRAPH: (
        *_STORAGE,
        *_NOISE,
        "gaussian-blur",
        "edge-enhancement",
        *_EXPOSURE,
        *_GAMMA,
        *_FRAMING,
        "characters",
    ),
    Modality.CT: (*_STORAGE, *_NOISE, "gaussian-blur", *_EXPOSURE, *_GAMMA, "rings"),
    Modality.MR: (*_STORAGE, "gaussian-noise", "gaussian-blur", "motion-blur", *_EXPOSURE, *_GAMMA, "ghosts"),
    Modality.PET: (*_STORAGE, "gaussian-noise", "shot-noise", "gaussian-blur", *_EXPOSURE),
    Modality.ULTRASOUND: (
        *_STORAGE,
        "speckle-noise",
        "motion-blur",
        "brightness-up",
        "brightness-down",
        "contrast-down",
    ),
    Modality.FUNDUS: (
        *_STORAGE,
        "gaussian-noise",
        "speckle-noise",
        *_LENS,
        "brightness-down",
        "contrast-down",
    ),
    Modality.MICROSCOPY: (*_STORAGE, *_LENS, *_EXPOSURE, "saturation", "stain-shift"),
    Modality.PHOTOGRAPH: (*_STORAGE, *_NOISE, *_LENS, *_EXPOSURE, "colour-cast", "black-corner", "characters"),
}


def corruptions_for(modality: str, channels: int, *, moving: bool = True) -> tuple[str, ...]:
    """Names for pictures of a modality (a ``Modality`` value) with 1 or 3 channels; those of colour for 3 only.
    ``moving``: also those after which things lie elsewhere in the picture."""
    if modality not in set(Modality):
        raise UsageError(
            f"choosing corruptions: there is no modality {modality!r}{nearest(modality, list(Modality))}; "
            f"known: {', '.join(Modality)}"
        )
    names = _POLICIES[Modality(modality)]
    names = names if moving else tuple(name for name in names if name not in _FRAMING)
    return tuple(name for name in names if channels == 3 or not CORRUPTIONS.get(name).colour)
