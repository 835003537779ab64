"""COCO: one JSON file for many pictures, with ``images``, ``annotations`` (``bbox`` is x, y, width, height in pixels)
and ``categories``.

Crowds (``iscrowd``) outline no single thing: they are left out and counted. A category or an image that is referred to
but not there is an error of the file.
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
_PARTS = ("images", "annotations", "categories")
_SNIFFED = 1 << 16


@dataclass(frozen=True, slots=True)
class CocoFile:
    """Every picture of the file with its boxes, in its order; ``labels``: all categories; ``crowds``: left out."""

    pictures: tuple[Annotation, ...]
    labels: tuple[str, ...]
    crowds: int


def is_coco(path: Path) -> bool:
    """Whether a JSON file has the parts of COCO's; damaged and foreign ones have not. Other JSON files are told by
    their beginning where they are long."""
    try:
        if path.stat().st_size > _SNIFFED:
            with path.open("rb") as file:
                head = file.read(_SNIFFED)
            if not any(f'"{part}"'.encode() in head for part in _PARTS):
                return False
        content = _loaded(path)
    except DataError:
        return False
    return all(isinstance(content.get(part), list) for part in _PARTS)


def read_coco(path: Path) -> CocoFile:
    """Raises ``DataError`` (what is wrong, and in which entry) for a file that is not COCO's or refers to nothing."""
    content = _loaded(path)
    if not all(isinstance(content.get(part), list) for part in _PARTS):
        raise DataError(f"reading {path}: it is no COCO file; `images`, `annotations` and `categories` are needed")
    try:
        labels = {item["id"]: str(item["name"]) for item in content["categories"]}
        pictures = {item["id"]: item for item in content["images"]}
        names = {key: str(item["file_name"]) for key, item in pictures.items()}
        sizes = {key: _size(item) for key, item in pictures.items()}
        rows, crowds = _rows(path, content["annotations"], pictures, labels)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"reading {path}: an entry of {', '.join(_PARTS)} lacks what COCO has there ({error}); write the file again"
        ) from error
    for what, found, given in (("picture", pictures, content["images"]), ("category", labels, content["categories"])):
        if len(found) != len(given):
            raise DataError(f"reading {path}: two entries have the id of one {what}; give each its own")
    pictured = tuple(Annotation(names[key], sizes[key], tuple(rows[key])) for key in pictures)
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


def _rows(
    path: Path, annotations: list[Any], pictures: Mapping[Any, Any], labels: Mapping[Any, str]
) -> tuple[dict[Any, list[Box]], int]:
    """The boxes of every picture by its id, and how many crowds were left out."""
    rows: dict[Any, list[Box]] = {key: [] for key in pictures}
    crowds = 0
    for number, item in enumerate(annotations, start=1):
        if item["image_id"] not in pictures or item["category_id"] not in labels:
            what = "image_id" if item["image_id"] not in pictures else "category_id"
            raise DataError(f"reading {path}: annotation {number} has an {what} that is not there; correct it")
        if item.get("iscrowd"):
            crowds += 1
        else:
            rows[item["image_id"]].append(_box(labels[item["category_id"]], item["bbox"]))
    return rows, crowds


def _box(label: str, given: Any) -> Box:
    """x, y, width, height → corners; what is no number comes out as NaN."""
    sides = [_number(value) for value in given] if isinstance(given, list) and len(given) == 4 else [math.nan] * 4
    return Box(label, sides[0], sides[1], sides[0] + sides[2], sides[1] + sides[3])


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _size(item: Mapping[str, Any]) -> Size | None:
    height, width = _number(item.get("height")), _number(item.get("width"))
    return (int(height), int(width)) if 1 <= height < math.inf and 1 <= width < math.inf else None
