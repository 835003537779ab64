"""What a file says beside its pixels: which kinds of identifying entries it holds, never what stands in them.

``found`` reads headers only. A name of a finding is that of a tag or of a kind ("PatientName", "date in the file
name"); values are looked at to tell whether they are filled in, and forgotten.
"""

from __future__ import annotations

import gzip
import re
import struct
from pathlib import Path

from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.errors import ReaderError

__all__ = ["found"]

_HEAD = 1 << 16
_PNG = b"\x89PNG\r\n\x1a\n"
_NIFTI = (b"n+1\x00", b"ni1\x00", b"n+2\x00", b"ni2\x00")
_NIFTI_TEXTS = {"db_name": (14, 18), "intent_name": (328, 16), "aux_file": (228, 24), "descrip": (148, 80)}
_HARMLESS_TEXT = re.compile(rb"[\x00 ]*|(FSL|SPM|5\.0\.\d+|TE=|Time=|nibabel|ITK|MedIO|3T |1\.5T ).*", re.DOTALL)
_NAME_PATTERNS = {
    "a date in the file name": re.compile(r"(?<!\d)(19|20)\d\d[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)"),
    "a long number in the file name (a record number?)": re.compile(r"(?<!\d)\d{7,10}(?!\d)"),
    "a person's name in the file name": re.compile(r"[A-Za-z]{2,}\^[A-Za-z]{2,}"),
}


def found(path: Path) -> list[str]:
    """Kinds of identifying entries of a file and its name; nothing for a file that cannot be opened."""
    kinds = _in_name(path.name)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return kinds + _in_content(path, head)
    except (OSError, ValueError, EOFError, struct.error, ReaderError):
        return kinds


def _in_name(name: str) -> list[str]:
    """A date is no record number as well: it is taken out before the next pattern looks."""
    kinds = []
    for kind, pattern in _NAME_PATTERNS.items():
        if pattern.search(name):
            kinds.append(kind)
            name = pattern.sub("", name)
    return kinds


def _in_content(path: Path, head: bytes) -> list[str]:
    """By the file's format."""
    if head.startswith(_PNG):
        return _png(head)
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    if is_dicom(head[:256]):
        return _dicom(path)
    if head[:2] == b"\x1f\x8b" and path.name.lower().endswith(".nii.gz"):
        with gzip.open(path) as file:
            return _nifti(file.read(540))
    return _nifti(head[:540]) if path.name.lower().endswith(".nii") else []


def _png(head: bytes) -> list[str]:
    """Text chunks and EXIF, by their keywords."""
    place, kinds = 8, []
    while place + 8 <= len(head):
        length, kind = struct.unpack_from(">I4s", head, place)
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword = head[place + 8 : place + 8 + min(length, 79)].split(b"\x00")[0].decode("latin-1")
            if keyword.lower() not in ("software", "comment", "gamma", "dpi", "date:create", "date:modify"):
                kinds.append(f"text chunk {_plain(keyword)}")
            elif keyword.lower() == "comment" and length > 9:
                kinds.append("text chunk Comment")
        elif kind == b"eXIf":
            kinds.append("EXIF block")
        elif kind in (b"IDAT", b"IEND"):
            break
        place += 12 + length
    return kinds


def _plain(keyword: str) -> str:
    """A keyword as it may be shown: it is text out of a file, and could itself be a name."""
    usual = ("title", "author", "description", "copyright", "creation time", "disclaimer", "warning", "source")
    return keyword if keyword.lower() in usual else "of another kind"


def _jpeg(head: bytes) -> list[str]:
    """EXIF, XMP, comments."""
    place, kinds = 2, []
    while place + 4 <= len(head) and head[place] == 0xFF and head[place + 1] not in (0xDA, 0xD9):
        marker, length = head[place + 1], int.from_bytes(head[place + 2 : place + 4], "big")
        body = head[place + 4 : place + 2 + length]
        if marker == 0xE1:
            kinds.append("EXIF block" if body.startswith(b"Exif") else "XMP block")
        elif marker == 0xFE and body.strip(b"\x00 "):
            kinds.append("comment")
        place += 2 + length
    return kinds


def _nifti(header: bytes) -> list[str]:
    """Free text of the header that is not the mark of a known program."""
    if header[344:348] not in _NIFTI and header[4:8] not in _NIFTI:
        return []
    texts = {name: header[at : at + length].rstrip(b"\x00 ") for name, (at, length) in _NIFTI_TEXTS.items()}
    if header[4:8] in _NIFTI:  # version 2 has other places
        texts = {"descrip": header[240:320].rstrip(b"\x00 "), "aux_file": header[320:344].rstrip(b"\x00 ")}
    return [f"NIfTI field {name}" for name, text in texts.items() if text and not _HARMLESS_TEXT.fullmatch(text)]


def _dicom(path: Path) -> list[str]:
    """Tags of PS3.15 annex E that are filled in, and private ones with text."""
    from medgraft.data.imaging.dicom.identifiers import identifying_tags

    return identifying_tags(path.read_bytes())
