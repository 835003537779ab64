"""The frame of a DICOM file (PS3.10): its meta information, bounded inflation, and files that lack either.

What comes out is always a plain Part 10 file that a parser can be given: a deflated data set is inflated here,
within limits, because parsers inflate without any; a data set without the ``DICM`` mark or without a transfer syntax
gets the one that its first element shows. Nothing is forced: what does not start like a data set is refused.
"""

from __future__ import annotations

import struct
import zlib

from medgraft.errors import ReaderError

__all__ = ["MAX_INFLATED", "is_dicom", "plain_part10"]

MAX_INFLATED = 1 << 29
"""Bytes that a deflated data set may inflate to (512 MiB)."""

_IMPLICIT_LITTLE = b"1.2.840.10008.1.2"
_EXPLICIT_LITTLE = b"1.2.840.10008.1.2.1"
_EXPLICIT_BIG = b"1.2.840.10008.1.2.2"
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_SYNTAX = 0x0010
_META_END = 1 << 16
_LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
_REPRESENTATIONS = frozenset(
    (b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV").split()
)
_FIRST_ELEMENTS = (0x0000, 0x0001, 0x0005, 0x0006, 0x0008, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0018)
_LONGEST_FIRST = 1 << 10


def is_dicom(head: bytes) -> bool:
    """``DICM`` after the preamble; or, without it, the meta information or the first element of a data set."""
    return head[128:132] == b"DICM" or _starts_with_meta(head) or _bare_syntax(head) is not None


def plain_part10(data: bytes) -> bytes:
    """The file with its mark, a transfer syntax, and nothing deflated; ``data`` itself where that holds already.

    Raises ``ReaderError`` for a data set that inflates beyond ``MAX_INFLATED``, or shows no transfer syntax.
    """
    if _starts_with_meta(data):
        data = bytes(128) + b"DICM" + data
    if data[128:132] != b"DICM":
        return _framed(_shown_syntax(data), data)
    syntax, end = _meta(data)
    if syntax is None:
        return _framed(_shown_syntax(data[end : end + 64]), data[end:])
    if syntax == _DEFLATED:
        return _framed(_EXPLICIT_LITTLE, _inflated(data[end:]))
    return data


def _starts_with_meta(head: bytes) -> bool:
    """Meta information without the preamble and mark before it."""
    return head[:2] == b"\x02\x00" and head[3:4] in (b"\x00", b"\x01") and head[4:6] in _REPRESENTATIONS


def _meta(data: bytes) -> tuple[bytes | None, int]:
    """The transfer syntax of the meta information (explicit, little endian), and where the data set begins."""
    place, syntax = 132, None
    while data[place : place + 2] == b"\x02\x00" and place < _META_END:
        element, representation = int.from_bytes(data[place + 2 : place + 4], "little"), data[place + 4 : place + 6]
        if representation not in _REPRESENTATIONS:
            raise ReaderError("its file meta information is damaged; copy it again from its source")
        long = representation in _LONG
        start = place + (12 if long else 8)
        length = int.from_bytes(data[place + 8 : start] if long else data[place + 6 : place + 8], "little")
        if element == _SYNTAX:
            syntax = data[start : start + length].rstrip(b"\x00 ")
        place = start + length
    return syntax, place


def _framed(syntax: bytes, body: bytes) -> bytes:
    """A Part 10 file around a data set."""
    value = syntax + b"\x00" * (len(syntax) % 2)
    element = b"\x02\x00\x10\x00UI" + struct.pack("<H", len(value)) + value
    return bytes(128) + b"DICM\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(element)) + element + body


def _inflated(body: bytes) -> bytes:
    """The data set, or ``ReaderError`` beyond the limit: it is found out before the memory is taken."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    found = inflate.decompress(body, MAX_INFLATED + 1)
    if len(found) > MAX_INFLATED:
        raise ReaderError(
            f"its data set inflates to more than {MAX_INFLATED >> 20} MiB; store it without deflate if you trust it"
        )
    return found


def _shown_syntax(body: bytes) -> bytes:
    """The transfer syntax that a data set's first element shows."""
    syntax = _bare_syntax(body)
    if syntax is None:
        raise ReaderError("it names no transfer syntax and does not begin as a DICOM data set does; export it again")
    return syntax


def _bare_syntax(head: bytes) -> bytes | None:
    """By tag, value representation and length of the first element; ``None`` where it is none of group 0008."""
    if len(head) < 8:
        return None
    if head[:2] == b"\x08\x00" and int.from_bytes(head[2:4], "little") in _FIRST_ELEMENTS:
        if head[4:6] in _REPRESENTATIONS:
            return _EXPLICIT_LITTLE
        return _IMPLICIT_LITTLE if int.from_bytes(head[4:8], "little") <= _LONGEST_FIRST else None
    big = head[:2] == b"\x00\x08" and int.from_bytes(head[2:4], "big") in _FIRST_ELEMENTS
    return _EXPLICIT_BIG if big and head[4:6] in _REPRESENTATIONS else None
