"""Writing DICOM by hand: a data set around samples, in any transfer syntax, with any framing.

Only for phantoms: everything that a clinical file has to say is left out, and odd things can be said on purpose.
"""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset, dcmwrite
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

__all__ = ["COMPRESSED", "NATIVE", "described", "item", "lut_item", "with_pixels", "written"]

NATIVE: dict[str, UID] = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
COMPRESSED: dict[str, UID] = {
    "rle": RLELossless,
    "jpeg-ls": JPEGLSLossless,
    "jpeg-2000": JPEG2000Lossless,
    "htj2k": HTJ2KLossless,
    "jpeg-lossless": JPEGLosslessSV1,
}
_UID = "2.25.31415926535897932384626433832795"
_SECONDARY_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7")


def described(**tags: Any) -> Dataset:
    """A data set with what every object needs, and ``tags``."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = _SECONDARY_CAPTURE, UID(f"{_UID}.1")
    dataset.PatientName, dataset.PatientID = "Synthetic^Phantom", "PHANTOM"
    for name, value in tags.items():
        setattr(dataset, name, value)
    return dataset


def item(**tags: Any) -> Sequence:
    """A sequence of one item."""
    inner = Dataset()
    for name, value in tags.items():
        setattr(inner, name, value)
    return Sequence([inner])


def lut_item(table: NDArray[np.uint16], first: int, bits: int) -> Sequence:
    """A LUT sequence: descriptor and data."""
    inner = Dataset()
    inner.LUTDescriptor = [len(table) % 65536, first, bits]
    inner.add_new("LUTData", "OW", table.astype("<u2").tobytes())
    return Sequence([inner])


def with_pixels(dataset: Dataset, frames: NDArray[Any], syntax: UID, *, mct: bool = False) -> Dataset:
    """``dataset`` with the frames (n, rows, columns) or (n, rows, columns, samples) in ``syntax``.

    Bits and layout must stand in it already. ``mct``: JPEG 2000 with its reversible colour transform.
    """
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    if syntax.is_encapsulated:
        content = encapsulate([_compressed(frame, syntax, dataset, mct) for frame in frames])
        dataset["PixelData"] = DataElement("PixelData", "OB", content, is_undefined_length=True)
        return dataset
    if frames.ndim == 4 and int(dataset.PlanarConfiguration) == 1:
        frames = np.moveaxis(frames, 3, 1)
    little = syntax != ExplicitVRBigEndian
    content = frames.astype(frames.dtype.newbyteorder("<" if little else ">")).tobytes()
    wide = frames.dtype.itemsize > 1
    dataset["PixelData"] = DataElement("PixelData", "OW" if wide else "OB", content + b"\x00" * (len(content) % 2))
    return dataset


def written(dataset: Dataset, *, bare: bool = False) -> bytes:
    """The file; ``bare``: the data set alone, without preamble, mark and meta information."""
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    content = buffer.getvalue()
    if not bare:
        return content
    length = int.from_bytes(content[140:144], "little")
    return content[144 + length :]


def _compressed(frame: NDArray[Any], syntax: UID, dataset: Dataset, mct: bool) -> bytes:
    """One frame's codestream."""
    bits = int(dataset.BitsStored)
    if syntax == RLELossless:
        return _rle(frame)
    raw = frame.view(f"u{frame.dtype.itemsize}") if frame.dtype.kind == "i" else frame
    if syntax == JPEGLSLossless:
        return bytes(imagecodecs.jpegls_encode(raw))
    if syntax == JPEGLosslessSV1:
        return bytes(imagecodecs.ljpeg_encode(raw, bitspersample=8 * raw.dtype.itemsize))
    if syntax == HTJ2KLossless:
        return bytes(imagecodecs.htj2k_encode(frame, reversible=True))
    return bytes(
        imagecodecs.jpeg2k_encode(frame, level=0, reversible=True, codecformat="j2k", bitspersample=bits, mct=mct)
    )


def _rle(frame: NDArray[Any]) -> bytes:
    """PS3.5 annex G: one PackBits segment for each byte of each sample, most significant first."""
    samples = frame[..., None] if frame.ndim == 2 else frame
    planes = []
    for sample in range(samples.shape[2]):
        octets = np.ascontiguousarray(samples[:, :, sample]).astype(frame.dtype.newbyteorder(">")).view(np.uint8)
        octets = octets.reshape(*frame.shape[:2], frame.dtype.itemsize)
        planes += [np.ascontiguousarray(octets[:, :, place]) for place in range(frame.dtype.itemsize)]
    segments = [b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in plane) for plane in planes]
    segments = [segment + b"\x00" * (len(segment) % 2) for segment in segments]
    offsets = np.cumsum([64, *(len(segment) for segment in segments)])[:-1]
    header = np.zeros(16, "<u4")
    header[0], header[1 : 1 + len(offsets)] = len(segments), offsets
    return header.tobytes() + b"".join(segments)
