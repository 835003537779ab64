"""The one door through which pictures come in: a path, and which picture in it, to an ``Image``.

A slice of a volume is a picture, too: its member is ``*`` and a number (see ``volume_reader``). Decoders stand in
``READERS`` and are chosen by the first bytes of a file. Whatever goes wrong in any of them comes out as a
``ReaderError``, whose message holds neither path nor file content (it may be written to ``audit.json``); whoever
shows it to the user names the file. Safe to call from several threads.

Start-up is precious, so the DICOM decoder, and with it pydicom (0.5 s), is imported by its registry entry
when the first DICOM file comes. ``png`` and ``tiff`` do the same for imagecodecs. These are this room's only
imports inside functions.
"""

from __future__ import annotations

import hashlib
import stat
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medgraft.data.imaging.boundary import as_reader_error
from medgraft.data.imaging.decoder import Decoder, Encoded
from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.npz import NpzDecoder
from medgraft.data.imaging.raster import RasterDecoder
from medgraft.data.imaging.volume import Volume
from medgraft.data.imaging.volume_reader import (
    WHOLE,
    VolumeShelf,
    holds_volume,
    is_stack,
    read_volume,
    series_files,
)
from medgraft.errors import ReaderError
from medgraft.files import sha256_file
from medgraft.registry import Registry

__all__ = ["DEFAULT_MAX_PIXELS", "READERS", "ImageReader"]

DEFAULT_MAX_PIXELS = 200_000_000
_HEAD = 256
_KEPT_HASHES = 200_000

READERS: Registry[Callable[[], Decoder]] = Registry("image reader")


@READERS.register("dicom")
class _LazyDicom:
    """Stands for ``DicomDecoder`` until a file needs it."""

    whole = True

    def matches(self, head: bytes) -> bool:
        return is_dicom(head)

    def members(self, encoded: Encoded) -> list[str]:
        return _dicom_decoder().members(encoded)

    def decode(self, encoded: Encoded, member: str) -> Image:
        return _dicom_decoder().decode(encoded, member)


def _dicom_decoder() -> Decoder:
    """The real decoder; see the module docstring for why it is imported here."""
    from medgraft.data.imaging.dicom.decoder import DicomDecoder

    return DicomDecoder()


# The first that matches decodes, and DICOM was first: its preamble may hold a TIFF header (slides do).
READERS.register("raster")(RasterDecoder)
READERS.register("npz")(NpzDecoder)


_FOREIGN = (
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a RIFF file (WebP picture or sound)"),
    (b"%PDF", "a PDF document"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK", "a zip archive"),
    (b"\x89HDF", "an HDF5 file"),
)


class ImageReader:
    """Reads pictures. ``max_pixels`` is the most that one picture may declare (rows times columns)."""

    def __init__(self, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self._max_pixels = max_pixels
        self._decoders = [make() for _, make in READERS.items()]
        self._hashes: dict[tuple[Path, tuple[int, int]], str] = {}
        self._lock = threading.Lock()
        self._volumes = VolumeShelf(self.read)

    def read(self, path: Path, member: str = "") -> Image:
        """The picture ``member`` of the file, as stored; its pixels cannot be written to.

        Raises ``ReaderError`` for everything that cannot be read.
        """
        try:
            if member.startswith(WHOLE):
                return self._volumes.plane(path, self._version(path), member)
            decoder, encoded = self._open(path)
            image = decoder.decode(encoded, member)
            if image.pixels.dtype.kind == "f" and not bool(np.isfinite(image.pixels).all()):
                raise ReaderError("it holds pixels that are not finite numbers; replace them and save it again")
            image.pixels.setflags(write=False)
            return replace(image, stored_bytes=encoded.version[1]) if decoder.whole and not member else image
        except Exception as error:  # the boundary: decoders and their libraries raise anything
            raise as_reader_error(error) from error

    def members(self, path: Path) -> list[str]:
        """The names of the pictures in the file: ``[""]`` for a single one, ``["*"]`` for a volume."""
        try:
            if path.is_dir():
                series_files(path)
            if holds_volume(path):
                return [WHOLE]
            decoder, encoded = self._open(path)
            return decoder.members(encoded)
        except Exception as error:  # as in ``read``
            raise as_reader_error(error) from error

    def is_stack(self, files: Sequence[Path]) -> bool:
        """Whether files are DICOM slices of one volume; never raises."""
        return is_stack(files)

    def depth(self, path: Path) -> int:
        """How many slices the volume at ``path`` has. Raises ``ReaderError``."""
        try:
            return self._volumes.depth(path, self._version(path))
        except Exception as error:  # as in ``read``
            raise as_reader_error(error) from error

    def volume(self, path: Path) -> Volume:
        """The whole volume at ``path``, as stored, with numbers that are finite. Raises ``ReaderError``."""
        volume = read_volume(path, self.read)
        if volume.values.dtype.kind == "f" and not bool(np.isfinite(volume.values).all()):
            raise ReaderError("it holds voxels that are not finite numbers; replace them and save it again")
        return volume

    def sha256(self, path: Path) -> str:
        """Hex digest of the file's bytes; kept as long as its time and size stay the same. Of a folder with a series:
        of its files' digests, sorted, so that it follows neither their names nor their order."""
        try:
            if path.is_dir():
                digests = sorted(self.sha256(file) for file in series_files(path))
                return hashlib.sha256("".join(digests).encode()).hexdigest()
            key = (path, self._version(path))
            found = self._hashes.get(key)
            return found if found is not None else self._keep(key, sha256_file(path))
        except Exception as error:  # as in ``read``
            raise as_reader_error(error) from error

    def _open(self, path: Path) -> tuple[Decoder, Encoded]:
        """The decoder for the file and the file's bytes, which are read once and hashed on the way."""
        version = self._version(path)
        with path.open("rb", buffering=0) as file:  # a buffer would have the whole file copied once more
            head = file.read(_HEAD)
            decoder = next((each for each in self._decoders if each.matches(head)), None)
            if decoder is None:
                raise ReaderError(
                    f"it is not an image: it starts with {_kind(head)}; PNG, JPEG, TIFF, BMP, DICOM or a "
                    "NumPy archive (.npz) is needed: save it as one of these"
                )
            data = b""
            if decoder.whole:
                self._check_length(version[1])
                file.seek(0)
                data = file.readall()
        if decoder.whole and (path, version) not in self._hashes:
            self._keep((path, version), hashlib.sha256(data).hexdigest())
        return decoder, Encoded(path, data, version, self._max_pixels)

    def _check_length(self, length: int) -> None:
        """A file longer than any picture within the budget could be (16 bytes a pixel) is not read at all."""
        limit = 16 * self._max_pixels + (1 << 26)
        if length > limit:
            raise ReaderError(f"it is {length / 1e9:.3g} GB long; at most {limit / 1e9:.3g} GB are read")

    def _version(self, path: Path) -> tuple[int, int]:
        """Time of change in ns and size; only a regular file that is not empty has one, and a folder: the latest time
        and the sum of its files."""
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            files = [file.stat() for file in path.iterdir() if file.is_file()]
            return max((one.st_mtime_ns for one in files), default=0), sum(one.st_size for one in files)
        if not stat.S_ISREG(status.st_mode):
            raise ReaderError("it is not a file (a folder, a device or a pipe); give a picture's path")
        if status.st_size == 0:
            raise ReaderError("the file is empty (0 bytes); copy it again from its source")
        return status.st_mtime_ns, status.st_size

    def _keep(self, key: tuple[Path, tuple[int, int]], digest: str) -> str:
        """Remember a digest, within bounds."""
        with self._lock:
            if len(self._hashes) >= _KEPT_HASHES:
                self._hashes.clear()
            self._hashes[key] = digest
        return digest


def _kind(head: bytes) -> str:
    """What the first bytes look like. Never the text itself: it could be a patient's name."""
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return name
    if not any(head):
        return "zeros"
    text = head.decode("utf-8", "ignore")
    if len(text.encode()) >= len(head) - 3 and all(letter.isprintable() or letter.isspace() for letter in text):
        return "plain text"
    return f"the bytes {head[:4].hex(' ')}"
