"""Stored values of masks as whole numbers: checked, counted and recoded portion by portion, so that a large volume
needs little time and memory beside its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.outlines.legend import Holding, Legend
from medgraft.errors import ReaderError

__all__ = ["class_ids", "holding_of"]

_MOST_KINDS = 1024
"""A mask with more different values is a picture."""
_LARGEST = float(1 << 31)
_AT_ONCE = 1 << 20
"""Values in a portion."""


def holding_of(values: NDArray[Any]) -> Holding:
    """What a mask (H, W) or (D, H, W) of whole numbers holds. Raises ``ReaderError``, in words that follow "its mask
    cannot be used:", for fractions, what is no number, and a picture in the place of a mask."""
    whole = _whole(values)
    kinds = _kinds(whole)
    digest = hashlib.sha256(str(values.shape).encode())
    narrow = "<i2" if max(map(abs, kinds), default=0) < 1 << 15 else "<i4"
    digest.update(np.ascontiguousarray(whole.astype(narrow)).data)
    return Holding(frozenset(kinds), digest=digest.hexdigest())


def class_ids(values: NDArray[Any], legend: Legend) -> NDArray[np.uint8]:
    """Stored values → ids of classes, same shape. Raises ``ReaderError`` as ``holding_of``, and for a value that is no
    class."""
    whole = _whole(values)
    kinds = sorted(_kinds(whole))
    fault = legend.fault(Holding(frozenset(kinds)))
    if fault:
        raise ReaderError(f"it {fault}")
    low = kinds[0]
    if kinds[-1] - low > _AT_ONCE:
        return legend.ids(whole)
    table = legend.ids(np.arange(low, kinds[-1] + 1))
    ids = np.empty_like(whole, dtype=np.uint8)
    for portion, target in zip(_portions(whole), _portions(ids), strict=True):
        target[...] = table[portion - low]
    return np.ascontiguousarray(ids)


def _portions(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Views of parts, in the order of memory: NIfTI has its first axis running fastest. Equal layouts, equal parts."""
    flat = values.reshape(-1, order="A")
    for start in range(0, flat.size, _AT_ONCE):
        yield flat[start : start + _AT_ONCE]


def _whole(values: NDArray[Any]) -> NDArray[np.int32]:
    """The same numbers as integers, one after the other in memory."""
    values = values if values.flags.f_contiguous else np.ascontiguousarray(values)
    whole = np.empty_like(values, dtype=np.int32)
    for portion, target in zip(_portions(values), _portions(whole), strict=True):
        if portion.dtype.kind == "f" and not np.isfinite(portion).all():
            raise ReaderError("it holds values that are not finite numbers; write whole numbers, 0 for background")
        if max(abs(float(portion.min())), abs(float(portion.max()))) >= _LARGEST:
            raise ReaderError("it holds numbers too large for a class")
        target[...] = portion
        if portion.dtype.kind == "f" and not np.array_equal(portion, target):
            odd = float(portion[portion != target][0])
            raise ReaderError(
                f"it holds fractions ({odd:.4g}): a resampled or probabilistic mask; write whole numbers, one a class"
            )
    return whole


def _kinds(whole: NDArray[np.int32]) -> set[int]:
    """The different values."""
    kinds: set[int] = set()
    for portion in _portions(whole):
        low, high = int(portion.min()), int(portion.max())
        if high - low > 1 << 16:
            kinds.update(np.unique(portion).tolist())
        else:
            kinds.update((np.flatnonzero(np.bincount(portion - low)) + low).tolist())
        if len(kinds) > _MOST_KINDS:
            raise ReaderError(f"it holds more than {_MOST_KINDS} different values: it looks like a picture, not a mask")
    return kinds
