"""The contract of a descriptor, and the registry of them.

A descriptor is hand-crafted: a formula from pixels to numbers, with nothing learnt in it.

    describe(pixels) -> features     (C, S, S) float32 in [0, 1], C = 1 or 3, S >= 16 → (dimension(C),) float32

The same pixels give the same numbers; every picture in [0, 1] gives finite ones, a constant one too; one picture does
not depend on others. Numbers are of the order of one, so that none rules a distance by its unit. ``version`` goes up
when the numbers change: it is part of the checksum that caches and bundles hold. scikit-image is imported when
something is described. Registering is enough to be part of the backbone ``classical``.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medgraft.registry import Registry

__all__ = ["DESCRIPTORS", "Descriptor", "Features", "Pixels"]

Pixels = NDArray[np.float32]
Features = NDArray[np.float32]


class Descriptor(Protocol):
    """See the contract at the top of this file."""

    name: str
    version: int

    def dimension(self, channels: int) -> int:
        """How many numbers a picture of 1 or 3 channels gets; 0 where it says nothing about such."""
        ...

    def describe(self, pixels: Pixels) -> Features:
        """The numbers of one picture."""
        ...


DESCRIPTORS: Registry[Descriptor] = Registry("descriptor")
"""Their numbers stand in the order of their names, whoever was imported first."""
