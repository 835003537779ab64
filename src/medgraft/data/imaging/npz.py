"""MedMNIST-style archives: ``train_images``, ``val_images``, ``test_images`` in one ``.npz``.

A picture is the member ``train_images/12``. Arrays are (N, H, W) or (N, H, W, 3), of type uint8, uint16, or
floating point in [0, 1]. An archive's arrays are decoded once and kept; the two archives used last stay in
memory. Sizes are checked in each array's header before anything is inflated. Objects (pickles) are refused.
"""

from __future__ import annotations

import math
import threading
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.image import Image
from medgraft.errors import ReaderError

__all__ = ["NpzDecoder"]

_SUFFIX = "_images"
_KEPT = 2
_MAX_ARRAY_BYTES = 4 << 30

_Key = tuple[Path, tuple[int, int]]


class NpzDecoder:
    """Pictures in a NumPy archive: unit ``STORED``, modality and spacing unknown."""

    whole = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, dict[str, NDArray[Any]]] = OrderedDict()

    def matches(self, head: bytes) -> bool:
        """Any zip archive; one without pictures gets its error when it is opened."""
        return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))

    def members(self, encoded: Encoded) -> list[str]:
        """``train_images/0`` … in the order of the archive; reads headers only."""
        names: list[str] = []
        with zipfile.ZipFile(encoded.path) as archive:
            for name in _image_arrays(archive):
                with archive.open(f"{name}.npy") as file:
                    shape, _ = _header(file, name)
                encoded.check_size(shape[1], shape[2])
                names += [f"{name}/{index}" for index in range(shape[0])]
        return names

    def decode(self, encoded: Encoded, member: str) -> Image:
        """The picture ``member``; its pixels are a view of the kept array."""
        name, _, text = member.partition("/")
        stack = self._array(encoded, name)
        if not (text.isascii() and text.isdigit() and int(text) < len(stack)):
            raise ReaderError(
                f"there is no picture {member[:60]!r}; {name[:40]} holds 0…{len(stack) - 1}, "
                "and a picture is named like 'train_images/0'"
            )
        pixels = stack[int(text)]
        pixels = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
        if pixels.dtype.kind != "f":
            return Image(pixels=pixels, low=0.0, high=float(np.iinfo(pixels.dtype).max))
        with np.errstate(invalid="ignore"):
            inside = bool(((pixels >= 0) & (pixels <= 1)).all())
        if not inside:
            raise ReaderError(
                f"floating-point pixels of {name} must lie in [0, 1], this picture has others; "
                "divide by the largest possible value and save it again"
            )
        return Image(pixels=pixels.astype(np.float32), low=0.0, high=1.0)

    def _array(self, encoded: Encoded, name: str) -> NDArray[Any]:
        """One array, decoded at the first call. Threads that ask for the same one wait for it."""
        key = (encoded.path, encoded.version)
        with self._lock:
            arrays = self._kept.setdefault(key, {})
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            if name not in arrays:
                arrays[name] = _load(encoded, name)
            return arrays[name]


def _image_arrays(archive: zipfile.ZipFile) -> list[str]:
    """Names of the arrays that hold pictures."""
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(f"{_SUFFIX}.npy")]
    if not names:
        raise ReaderError(
            "the archive holds no array called train_images, val_images or test_images; "
            "save the pictures under these names with numpy.savez"
        )
    return names


def _load(encoded: Encoded, name: str) -> NDArray[Any]:
    """Decode one array after its header was found to be in order."""
    with zipfile.ZipFile(encoded.path) as archive:
        known = _image_arrays(archive)
        if name not in known:
            raise ReaderError(f"the archive holds no pictures called {name[:40]!r}; it has {', '.join(known)}")
        with archive.open(f"{name}.npy") as file:
            shape, dtype = _header(file, name)
        encoded.check_size(shape[1], shape[2])
        declared = math.prod(shape) * dtype.itemsize
        if declared > _MAX_ARRAY_BYTES or declared > archive.getinfo(f"{name}.npy").file_size:
            raise ReaderError(
                f"{name} declares {declared / 1e9:.3g} GB, more than {_MAX_ARRAY_BYTES / 1e9:.3g} GB or "
                "more than the archive holds; save the pictures as single PNG files"
            )
        with archive.open(f"{name}.npy") as file:
            array = npy.read_array(file, allow_pickle=False)
    native: NDArray[Any] = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    native.setflags(write=False)
    return native


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of an array, checked."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    grey_or_rgb = len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)
    if not grey_or_rgb or not (dtype.kind == "f" or (dtype.kind == "u" and dtype.itemsize <= 2)):
        raise ReaderError(
            f"{name} has shape {tuple(shape)} and type {dtype}; (N, H, W) or (N, H, W, 3) of uint8, uint16 "
            "or floating point in [0, 1] is needed"
        )
    return tuple(int(extent) for extent in shape), dtype
