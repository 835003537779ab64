"""The contract of a filter, and the registry of them.

A filter is a frozen pydantic model (its configuration, unknown keys refused) with ``kind`` equal to its name in
``FILTERS`` and one function:

    apply(pixels) -> pixels     (C, H, W) float32, 0 is black and 1 is white; a new array of the same shape in [0, 1]

No randomness, no memory of other pictures: the same filter gives the same picture in training and in prediction. It
travels in the bundle's preprocessing. Libraries that are no core dependency are imported when it is applied.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ReaderError
from medgraft.registry import Registry

__all__ = ["FILTERS", "Filter", "Pixels", "missing"]

Pixels = NDArray[np.float32]


class Filter(Protocol):
    """See the contract at the top of this file."""

    name: ClassVar[str]

    def apply(self, pixels: Pixels) -> Pixels:
        """The filtered picture."""
        ...

    def model_dump(self) -> dict[str, Any]:
        """Its configuration as plain data."""
        ...


FILTERS: Registry[type[Filter]] = Registry("filter")


def missing(library: str, extra: str) -> ReaderError:
    """What to say where a filter's library is not installed."""
    return ReaderError(f"this filter needs {library}, which is not installed: pip install 'medgraft[{extra}]'")
