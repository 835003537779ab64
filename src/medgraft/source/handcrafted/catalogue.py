"""All descriptors as one vector of features: importing this registers the built-in ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medgraft.files import sha256_bytes
from medgraft.source.handcrafted import colour, first_order, glcm, hog, lbp
from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels

__all__ = ["describe", "descriptor_names", "descriptors_checksum", "dimension"]

_BUILT_IN = (hog, lbp, glcm, first_order, colour)  # importing registers each


def descriptor_names() -> tuple[str, ...]:
    """All of them, sorted: the order does not depend on who was imported first."""
    return tuple(sorted(DESCRIPTORS))


def dimension(names: Sequence[str], channels: int) -> int:
    """How many numbers a picture of 1 or 3 channels gets by the descriptors ``names``."""
    return sum(DESCRIPTORS.get(name).dimension(channels) for name in names)


def describe(names: Sequence[str], pixels: Pixels) -> Features:
    """The numbers of one picture (C, S, S) by the descriptors ``names``, one after the other, (d,) float32."""
    return np.concatenate([DESCRIPTORS.get(name).describe(pixels) for name in names])


def descriptors_checksum(names: Sequence[str]) -> str:
    """sha256 of names and versions: what stands for the checksum of weights. A name that is not known is left as one,
    so that nothing that is computed here has that checksum."""
    versions = [f"{name} {DESCRIPTORS.get(name).version if name in DESCRIPTORS else 'unknown'}" for name in names]
    return sha256_bytes("\n".join(versions).encode())
