"""Stored values of masks as whole numbers: checked, counted, and digested plane by plane, so that a large volume needs
little memory beside itself."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.outlines.legend import Holding, Legend
from medgraft.errors import ReaderError

__all__ = ["class_ids", "holding_of"]

_MOST_KINDS = 1024
"""A mask with more different values is a picture."""
_LARGEST = 1 << 31


def holding_of(values: NDArray[Any]) -> Holding:
    """What a mask (H, W) or (D, H, W) of whole numbers holds. Raises ``ReaderError``, in words that follow "its mask
    cannot be used:", for fractions, what is no number, and a picture in the place of a mask."""
    kinds: set[int] = set()
    digest = hashlib.sha256(str(values.shape).encode())
    for plane in _planes(values):
        whole = _whole(plane)
        kinds.update(np.unique(whole).tolist())
        digest.update(np.ascontiguousarray(whole, dtype="<i4").data)
        if len(kinds) > _MOST_KINDS:
            raise ReaderError(f"it holds more than {_MOST_KINDS} different values: it looks like a picture, not a mask")
    return Holding(frozenset(kinds), digest=digest.hexdigest())


def class_ids(values: NDArray[Any], legend: Legend) -> NDArray[np.uint8]:
    """Stored values → ids of classes, same shape. Raises ``ReaderError`` as ``holding_of``, and for a value that is no
    class."""
    ids = np.empty(values.shape, dtype=np.uint8)
    for plane, target in zip(_planes(values), _planes(ids), strict=True):
        whole = _whole(plane)
        fault = legend.fault(Holding(frozenset(np.unique(whole).tolist())))
        if fault:
            raise ReaderError(f"it {fault}")
        target[...] = legend.ids(whole)
    return ids


def _planes(values: NDArray[Any]) -> NDArray[Any]:
    """(D, H, W), one plane for a picture."""
    return values if values.ndim == 3 else values[None]


def _whole(plane: NDArray[Any]) -> NDArray[np.int64]:
    """The same numbers as integers."""
    if plane.dtype.kind == "f":
        if not np.isfinite(plane).all():
            raise ReaderError("it holds values that are not finite numbers; write whole numbers, 0 for background")
        rounded = np.rint(plane)
        if not np.array_equal(plane, rounded):
            odd = float(plane[plane != rounded].flat[0])
            raise ReaderError(
                f"it holds fractions ({odd:.4g}): a resampled or probabilistic mask; write whole numbers, one a class"
            )
        plane = rounded
    if plane.size and max(abs(float(plane.min())), abs(float(plane.max()))) >= _LARGEST:
        raise ReaderError("it holds numbers too large for a class")
    return plane.astype(np.int64)
