"""Compressed frames to samples: pydicom's decoders, and those that pydicom lacks, built on imagecodecs and zlib.

Runs in the decoding child only (see ``worker``). Added to pydicom's decoders: JPEG lossless and 12-bit JPEG
(liblj92, libjpeg-turbo), and a second decoder of JPEG-LS (CharLS), which is less strict than the first. Done here,
because pydicom refuses them: RLE of single bits, and frames that are deflated one by one (1.2.840.10008.1.2.8.1). A
compressed picture whose own header declares another size than the file is refused before it is decoded.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from medgraft.data.imaging.dicom.tags import frame_count
from medgraft.errors import ReaderError

__all__ = ["DECODER_DEPENDENCIES", "DEFLATED_FRAMES", "codestream_size", "decode_jpeg", "decoded_frame", "is_available"]

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
DECODER_DEPENDENCIES = {
    JPEGExtended12Bit: ("imagecodecs",),
    JPEGLossless: ("imagecodecs",),
    JPEGLosslessSV1: ("imagecodecs",),
    JPEGLSLossless: ("imagecodecs",),
    JPEGLSNearLossless: ("imagecodecs",),
}
_PLUGIN = "imagecodecs"
_PIXELS = "PixelData"
_LOSSLESS, _JPEG_LS = 0xC3, 0xF7
_RLE_HEADER = 4 * 16  # an RLE header: a count and 15 offsets of 4 bytes


def is_available(uid: str) -> bool:
    """Asked by pydicom when ``decode_jpeg`` is added to its decoders."""
    return uid in DECODER_DEPENDENCIES


def decode_jpeg(source: bytes, runner: Any) -> bytes:
    """A JPEG frame that pydicom's own plugins cannot decode; called by pydicom with its ``DecodeRunner``."""
    kind = _jpeg_frame(source)[0]
    if kind == _JPEG_LS:
        samples = imagecodecs.jpegls_decode(source)
    elif kind == _LOSSLESS:
        samples = imagecodecs.ljpeg_decode(source)
    else:
        space = None if runner.samples_per_pixel == 1 else "YCBCR"  # as stored: pydicom converts where it is asked to
        samples = imagecodecs.jpeg8_decode(source, colorspace=space, outcolorspace=space)
    runner.set_option("planar_configuration", 0)
    runner.set_option("bits_allocated", 8 * samples.dtype.itemsize)
    return np.ascontiguousarray(samples).tobytes()


def add_decoders() -> None:
    """Give pydicom the decoders that it lacks; once is enough."""
    for uid in DECODER_DEPENDENCIES:
        decoder = get_decoder(uid)
        if _PLUGIN not in decoder.available_plugins:
            decoder.add_plugin(_PLUGIN, (__name__, "decode_jpeg"))


def decoded_frame(dataset: Dataset, index: int) -> NDArray[Any]:
    """Samples of frame ``index`` of a compressed file: (rows, columns) or (rows, columns, samples).

    Colour comes as RGB, except a palette's indices. Raises ``ReaderError`` and whatever decoders raise.
    """
    syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
    frame = get_frame(
        dataset[_PIXELS].value, index, number_of_frames=frame_count(dataset), extended_offsets=_offsets(dataset)
    )
    if syntax == DEFLATED_FRAMES:
        return _native(dataset, _inflated(frame, dataset))
    if syntax == RLELossless and int(dataset.BitsAllocated) == 1:
        return _native(dataset, _single_bits(frame, dataset))
    found = codestream_size(frame)
    if found is not None and found != (int(dataset.Rows), int(dataset.Columns)):
        raise ReaderError(
            f"its header declares {dataset.Rows} × {dataset.Columns} pixels, its compressed picture "
            f"{found[0]} × {found[1]}; export it again"
        )
    if syntax in DECODER_DEPENDENCIES:
        add_decoders()
    pixels, _ = get_decoder(syntax).as_array(dataset, index=index, raw=False)
    return np.asarray(pixels)


def _offsets(dataset: Dataset) -> tuple[bytes, bytes] | None:
    """The extended offset table and its lengths, where the file has both."""
    table, lengths = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
    return (table, lengths) if table and lengths else None


def _native(dataset: Dataset, frame: bytes) -> NDArray[Any]:
    """Uncompressed bytes of one frame as the dataset describes them."""
    names = (
        *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
        *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    )
    single = Dataset()
    for name in names:
        if name in dataset:
            setattr(single, name, dataset[name].value)
    single.file_meta = FileMetaDataset()
    single.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    single.PixelData = frame
    single["PixelData"].VR = "OW" if int(dataset.BitsAllocated) > 8 else "OB"
    pixels, _ = get_decoder(ExplicitVRLittleEndian).as_array(single, raw=False)
    return np.asarray(pixels)


def _frame_bytes(dataset: Dataset) -> int:
    """Bytes of one uncompressed frame."""
    bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.SamplesPerPixel) * int(dataset.BitsAllocated)
    return -(-bits // 8)


def _inflated(frame: bytes, dataset: Dataset) -> bytes:
    """A frame that was deflated by itself; no more is inflated than a frame has."""
    wanted = _frame_bytes(dataset)
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame, wanted + 1)[:wanted]


def _single_bits(frame: bytes, dataset: Dataset) -> bytes:
    """RLE with one bit a pixel: a single segment of packed bytes (PS3.5 G, PackBits)."""
    count, offset = struct.unpack_from("<II", frame)
    if count != 1 or offset != _RLE_HEADER:
        raise ReaderError(f"its RLE frame of single bits has {count} segments; one is needed")
    wanted = _frame_bytes(dataset)
    return bytes(imagecodecs.packbits_decode(frame[offset:], out=wanted + 1))[:wanted]


def _jpeg_frame(source: bytes) -> tuple[int, int, int]:
    """Kind (0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS …), rows and columns of a JPEG picture's frame header; zeros
    where there is none."""
    place = 2
    while place + 9 <= len(source):
        if source[place] != 0xFF:
            return 0, 0, 0
        marker = source[place + 1]
        if marker == 0xFF:
            place += 1
        elif (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == _JPEG_LS:
            rows, columns = struct.unpack_from(">HH", source, place + 5)
            return marker, rows, columns
        else:
            place += 2 + int.from_bytes(source[place + 2 : place + 4], "big")
    return 0, 0, 0


def codestream_size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns that a JPEG, JPEG-LS or JPEG 2000 picture declares; ``None`` where that cannot be told."""
    if frame.startswith(b"\xff\x4f\xff\x51") and len(frame) >= 24:
        right, bottom, left, top = struct.unpack_from(">IIII", frame, 8)
        return bottom - top, right - left
    if frame.startswith(b"\xff\xd8"):
        kind, rows, columns = _jpeg_frame(frame)
        return (rows, columns) if kind and rows else None
    return None
