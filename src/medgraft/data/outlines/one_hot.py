"""Masks with one channel a class, on the fourth axis of a NIfTI file → one number a voxel.

Channel k (from 1) becomes the value k. Where the channels of a voxel add up to one everywhere, the first of them is the
background, and channels count from 0. Two classes in one voxel are refused: which of them holds is not ours to choose.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ReaderError

__all__ = ["is_one_hot", "read_one_hot"]

_MOST_CHANNELS = 255


def is_one_hot(path: Path) -> bool:
    """Whether a NIfTI file has a fourth axis that is longer than 1 (by its header)."""
    image: Any = nibabel.load(path)
    shape = _sides(image.shape)
    return len(shape) == 4


def read_one_hot(path: Path, max_voxels: int) -> NDArray[np.uint8]:
    """The channel of each voxel, (D, H, W). Raises ``ReaderError`` for values other than 0 and one more, for overlap,
    and for what is too large."""
    image: Any = nibabel.load(path)
    shape = _sides(image.shape)
    if len(shape) != 4 or shape[3] > _MOST_CHANNELS or min(shape) < 1:
        raise ReaderError(f"it has the shape {tuple(image.shape)}; three axes, and at most {_MOST_CHANNELS} channels")
    if int(np.prod(shape[:3], dtype=object)) > max_voxels:
        raise ReaderError(f"its header declares {shape} voxels; at most {max_voxels / 1e6:g} million are allowed")
    marked = np.zeros(shape[:3], dtype=np.uint8)
    number = np.zeros(shape[:3], dtype=np.uint8)
    for channel in range(shape[3]):
        here = _truth(np.asarray(image.dataobj[..., channel]).reshape(shape[:3]), channel)
        marked += here
        number[here] = channel + 1
    overlap = int((marked > 1).sum())
    if overlap:
        raise ReaderError(f"two of its channels overlap in {overlap} voxels; give each voxel one class")
    return number - np.uint8(1) if shape[3] > 1 and bool((marked == 1).all()) else number


def _truth(values: NDArray[Any], channel: int) -> NDArray[np.bool_]:
    kinds = np.unique(values)
    if len(kinds) > 2 or (len(kinds) == 2 and kinds[0] != 0) or not np.isfinite(kinds).all():
        raise ReaderError(f"its channel {channel + 1} holds more than zero and one other value; a channel is one class")
    return np.asarray(values != 0)


def _sides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without axes of length 1 behind the third; five axes with one in the middle are vectors, and are channels."""
    sides = tuple(int(side) for side in shape)
    return sides[:3] + tuple(side for side in sides[3:] if side > 1)
