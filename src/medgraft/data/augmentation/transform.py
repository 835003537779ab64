"""The contract of an augmentation: draw parameters, then apply them, so that history is plain data.

A transform is a frozen pydantic model (its configuration, unknown keys refused) with ``kind`` equal to its name in
``TRANSFORMS`` and two functions:

    draw(rng) -> Draw               random numbers only from ``rng``, always equally many, whatever comes out
    apply(pixels, draw) -> pixels   no randomness, no configuration: the draw says everything

``pixels`` are ``(C, S, S)`` float32 in [0, 1], channels 1 (grey) or 3 (RGB); so is the result, a new array
or, where the draw is the identity, the same one. The input is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.registry import Registry

__all__ = ["TRANSFORMS", "Draw", "Pixels", "Transform", "check_pixels"]

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Draw:
    """What one transform drew: its name and numbers, ready for JSON."""

    transform: str
    values: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Plain data; ``Draw(**plain)`` is the way back."""
        return {"transform": self.transform, "values": dict(self.values)}


class Transform(Protocol):
    """See the contract at the top of this file."""

    name: ClassVar[str]

    def draw(self, rng: np.random.Generator) -> Draw:
        """Random parameters within the configured limits."""

    @staticmethod
    def apply(pixels: Pixels, draw: Draw) -> Pixels:
        """The changed picture."""


TRANSFORMS: Registry[type[Transform]] = Registry("augmentation")


def check_pixels(pixels: Pixels) -> None:
    """Raise ``UsageError`` unless ``pixels`` are ``(1 or 3, S, S)`` float32. (The range is the caller's word.)"""
    shape = pixels.shape
    if len(shape) != 3 or shape[0] not in (1, 3) or shape[1] != shape[2] or pixels.dtype != np.float32:
        raise UsageError(
            f"augmenting a picture: got {pixels.dtype} of shape {shape}; float32 of shape (1 or 3, S, S) "
            "in [0, 1] is needed: prepare the picture for the network first"
        )
