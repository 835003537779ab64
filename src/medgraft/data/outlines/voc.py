"""Pascal VOC: one XML file a picture, with ``size`` and ``object``s of a ``name`` and a ``bndbox``.

``xmin ymin xmax ymax`` are taken as the edges of the box, half-open, which is what annotation programs write; the
original challenge counted pixels from 1, which differs by a pixel. XML from strangers can be made to fill the memory:
a document type (and with it every entity), deep nesting and files of more than 16 MB are refused before anything is
expanded.
Source: Everingham et al., Int J Comput Vis 2010;88:303-338 (Pascal VOC).
"""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from medgraft.data.outlines.boxes import Annotation, Box, Size
from medgraft.errors import ReaderError

__all__ = ["read_voc"]

_MOST_BYTES = 16 << 20
_DEEPEST = 32
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(path: Path) -> Annotation:
    """The annotation in a file. ``name`` is what the file says of its picture, or empty. Coordinates that are no
    numbers come out as NaN. Raises ``ReaderError`` without the path for what is no VOC annotation."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ReaderError(
                f"its annotation is longer than {_MOST_BYTES >> 20} MB, which no picture's is; split it or remove it"
            )
        data = path.read_bytes()
    except OSError as error:
        raise ReaderError(
            f"its annotation cannot be opened ({error.strerror or error}); check its name and permissions"
        ) from error
    root = _parsed(data)
    if root.tag != "annotation":
        raise ReaderError("its annotation is XML, but not of Pascal VOC; an element `annotation` is needed")
    rows = tuple(_box(item) for item in root.findall("object"))
    return Annotation((root.findtext("filename") or "").strip(), _size(root), rows)


def _parsed(data: bytes) -> ElementTree.Element:
    """The root element. The same parser goes through it once before, for what must not be expanded."""
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ReaderError(
                f"its annotation is nested more than {_DEEPEST} deep, which none of Pascal VOC is; write it again"
            )

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise ReaderError("its annotation declares a document type, which may hold entities; remove the DOCTYPE")

    scout = expat.ParserCreate()
    scout.StartElementHandler, scout.EndElementHandler, scout.StartDoctypeDeclHandler = opened, closed, refuse
    try:
        scout.Parse(data, True)
        return ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise ReaderError("its annotation is no XML, or cut off; write it again") from error


def _box(item: ElementTree.Element) -> Box:
    place = item.find("bndbox")
    corners = [math.nan if place is None else _number(place.findtext(side)) for side in _SIDES]
    return Box((item.findtext("name") or "").strip(), *corners)


def _size(root: ElementTree.Element) -> Size | None:
    """Rows and columns, where both are told and positive (some programs write 0 for unknown)."""
    sides = [_number(root.findtext(f"size/{side}")) for side in ("height", "width")]
    if not all(math.isfinite(side) and side >= 1 for side in sides):
        return None
    return int(sides[0]), int(sides[1])


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
