"""The frame of a file: what is read as DICOM, what is inflated and how far."""

from __future__ import annotations

import zlib

import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import ExplicitVRLittleEndian

from medgraft.data.imaging.dicom import part10
from medgraft.data.imaging.dicom.part10 import is_dicom, plain_part10
from medgraft.data.phantom.twins.grey import grey_twins
from medgraft.errors import ReaderError

TWINS = {twin.name: twin for twin in grey_twins() if twin.name.startswith("u12")}


@pytest.mark.parametrize("name", ["u12-monochrome2-explicit-bare", "u12-monochrome2-implicit-bare"])
def test_a_bare_data_set_gets_the_syntax_that_it_shows(name: str) -> None:
    data = TWINS[name].data
    assert is_dicom(data[:256])
    framed = plain_part10(data)
    assert framed[128:132] == b"DICM"
    assert framed.endswith(data)


def test_big_endian_is_told_by_its_first_tag() -> None:
    data = TWINS["u12-monochrome2-big-endian-bare"].data
    dataset = dcmread(DicomBytesIO(plain_part10(data)))
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
    assert dataset.BitsStored == 12


def test_meta_information_without_its_mark() -> None:
    data = TWINS["u12-monochrome2-explicit"].data
    assert is_dicom(data[132:388])
    assert dcmread(DicomBytesIO(plain_part10(data[132:]))).BitsStored == 12


def test_an_ordinary_file_stays_itself() -> None:
    data = TWINS["u12-monochrome2-explicit"].data
    assert plain_part10(data) is data


def test_a_deflated_data_set_is_inflated_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = TWINS["u12-monochrome2-deflated"].data
    dataset = dcmread(DicomBytesIO(plain_part10(data)))
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    monkeypatch.setattr(part10, "MAX_INFLATED", 1000)
    with pytest.raises(ReaderError, match="inflates to more than"):
        plain_part10(data)


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    length = int.from_bytes(TWINS["u12-monochrome2-deflated"].data[140:144], "little")
    head = TWINS["u12-monochrome2-deflated"].data[: 144 + length]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b"".join(squeeze.compress(bytes(1 << 24)) for _ in range(40)) + squeeze.flush()
    assert len(body) < 1_000_000
    with pytest.raises(ReaderError, match="512 MiB"):
        plain_part10(head + body)


@pytest.mark.parametrize("head", [b"", b"\x08\x00", b"MZ" + bytes(200), b"\x08\x00\x05\x00" + b"\xff" * 4 + bytes(9)])
def test_what_does_not_begin_as_a_data_set(head: bytes) -> None:
    assert not is_dicom(head)
    with pytest.raises(ReaderError, match="transfer syntax"):
        plain_part10(head)


def test_damaged_meta_information() -> None:
    data = bytearray(TWINS["u12-monochrome2-explicit"].data)
    data[136:138] = b"??"
    with pytest.raises(ReaderError, match="meta information"):
        plain_part10(bytes(data))
