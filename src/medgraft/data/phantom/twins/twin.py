"""What a twin is: the phantom in one encoding, as files in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medgraft.data.phantom.cohort import PhantomPlan, phantom_cases

__all__ = ["Twin", "phantom_levels"]


@dataclass(frozen=True)
class Twin:
    """``files`` by name, in the order in which they are found; ``member`` where one holds several pictures.

    ``tolerance``: levels of 255 by which it may differ (0: bit-identical). ``traits`` say what is special about it.
    """

    name: str
    family: str
    files: Mapping[str, bytes]
    member: str = ""
    tolerance: float = 0.0
    traits: tuple[str, ...] = field(default_factory=tuple)

    @property
    def data(self) -> bytes:
        """The content of its only file."""
        (content,) = self.files.values()
        return content


def phantom_levels(size: int = 64) -> NDArray[np.uint8]:
    """The phantom's picture in 256 levels, ``(size, size - 8)``: not square, so that exchanged axes show."""
    case = next(iter(phantom_cases(PhantomPlan(patients=1, images_per_patient=(1, 1), prevalence=1.0, size=size))))
    return (case.picture.pixels[:, 8:] >> 4).astype(np.uint8)
