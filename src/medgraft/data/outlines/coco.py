"""COCO: one JSON file for many pictures, with ``images``, ``annotations`` (``bbox`` is x, y, width, height in pixels)
and ``categories``.

Crowds (``iscrowd``) outline no single thing: they are left out and counted. An id that stands twice, and a category or
an image that is referred to but not there, are errors of the file: what its boxes belong to is not known then.
Categories of one name are one class.
Source: Lin et al., ECCV 2014:740-755, and the format as published with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgraft.data.outlines.boxes import Annotation, Box, Size
from medgraft.errors import DataError

__all__ = ["CocoFile", "is_coco", "read_coco"]

_MOST_BYTES = 1 << 30
_NEEDED = {
    "images": ("id", "file_name"),
    "categories": ("id", "name"),
    "annotations": ("image_id", "category_id", "bbox"),
}
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "image_id", "category_id"), (int, str)),
    **dict.fromkeys(("file_name", "name"), (str,)),
    "bbox": (list,),
}
_SNIFFED = 1 << 16


@dataclass(frozen=True, slots=True)
class CocoFile:
    """Every picture of the file with its boxes, in its order; ``labels``: all categories; ``crowds``: left out."""

    pictures: tuple[Annotation, ...]
    labels: tuple[str, ...]
    crowds: int


def is_coco(path: Path) -> bool:
    """Whether a JSON file has the parts of COCO's; damaged, absent and foreign ones have not. Other JSON files are told
    by their beginning where they are long."""
    try:
        if path.stat().st_size > _SNIFFED:
            with path.open("rb") as file:
                head = file.read(_SNIFFED)
            if not any(f'"{part}"'.encode() in head for part in _NEEDED):
                return False
        content = _loaded(path)
    except (OSError, DataError):
        return False
    return all(isinstance(content.get(part), list) for part in _NEEDED)


def read_coco(path: Path) -> CocoFile:
    """The pictures and boxes of a file. A side of a box that is no number comes out as NaN, for ``sift`` to tell.

    Raises ``DataError`` (the file, the entry, what is wrong with it) for a file that cannot be read, is not COCO's, has
    an id twice, or refers to what is not there.
    """
    content = _loaded(path)
    lacking = [part for part in _NEEDED if not isinstance(content.get(part), list)]
    if lacking:
        raise DataError(
            f"reading {path}: it has no list `{lacking[0]}`; a COCO file has `images`, `annotations` and `categories`"
        )
    for part, needed in _NEEDED.items():
        _refuse_lacking(path, part, content[part], needed)
    pictures = _by_id(path, "images", content["images"])
    labels = {key: item["name"] for key, item in _by_id(path, "categories", content["categories"]).items()}
    rows, crowds = _rows(path, content["annotations"], pictures, labels)
    pictured = tuple(Annotation(item["file_name"], _size(item), tuple(rows[key])) for key, item in pictures.items())
    return CocoFile(pictured, tuple(dict.fromkeys(labels.values())), crowds)


def _loaded(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"reading {path}: it is longer than {_MOST_BYTES >> 30} GB; split it")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"reading {path}: {error.strerror or error}; check the name and its permissions") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"reading {path}: it is no JSON, or cut off; write it again") from error
    if not isinstance(content, dict):
        raise DataError(f"reading {path}: it is JSON, but no object; a COCO file is needed")
    return content


def _refuse_lacking(path: Path, part: str, items: list[Any], needed: tuple[str, ...]) -> None:
    """Every entry has what is needed, of its kind."""
    for number, item in enumerate(items, start=1):
        for name in needed:
            given = item.get(name) if isinstance(item, dict) else None
            # True is an integer to Python, and an id to nobody
            if not isinstance(given, _KINDS[name]) or isinstance(given, bool):
                raise DataError(
                    f"reading {path}: entry {number} of `{part}` has no `{name}`, or one of another kind; each needs "
                    f"{', '.join(f'`{one}`' for one in needed)}: write the file again"
                )


def _by_id(path: Path, part: str, items: list[dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    first: dict[int | str, int] = {}
    for number, item in enumerate(items, start=1):
        earlier = first.setdefault(item["id"], number)
        if earlier != number:
            raise DataError(
                f"reading {path}: entries {earlier} and {number} of `{part}` have the same id {item['id']!r}; give "
                "each its own"
            )
    return {item["id"]: item for item in items}


def _rows(
    path: Path, annotations: list[dict[str, Any]], pictures: Mapping[Any, Any], labels: Mapping[Any, str]
) -> tuple[dict[Any, list[Box]], int]:
    """The boxes of every picture by its id, and how many crowds were left out."""
    rows: dict[Any, list[Box]] = {key: [] for key in pictures}
    crowds = 0
    for number, item in enumerate(annotations, start=1):
        for name, part, known in (("image_id", "images", pictures), ("category_id", "categories", labels)):
            if item[name] not in known:
                raise DataError(
                    f"reading {path}: entry {number} of `annotations` has the {name} {item[name]!r}, which is not "
                    f"among the ids of `{part}`; add it there, or correct the annotation"
                )
        if item.get("iscrowd"):
            crowds += 1
        else:
            rows[item["image_id"]].append(_box(labels[item["category_id"]], item["bbox"]))
    return rows, crowds


def _box(label: str, given: list[Any]) -> Box:
    """x, y, width, height → corners; what is no number comes out as NaN."""
    x, y, width, height = [_number(value) for value in given] if len(given) == 4 else [math.nan] * 4
    return Box(label.strip(), x, y, x + width, y + height)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _size(item: Mapping[str, Any]) -> Size | None:
    """Rows and columns, where both are told and positive."""
    height, width = _number(item.get("height")), _number(item.get("width"))
    return (int(height), int(width)) if 1 <= height < math.inf and 1 <= width < math.inf else None
