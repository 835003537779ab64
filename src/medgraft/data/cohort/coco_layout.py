"""COCO on the disk: one JSON file for all pictures, or one a part of the split.

    annotations/instances_train2017.json …      the part by the name of the file; pictures in train2017 or images/…
    train/_annotations.coco.json …              the part by the folder; pictures beside the file
    annotations.json (any .json of COCO's)      pictures beside it, in images or in JPEGImages

``file_name`` is looked for in these folders, the first in which any picture of the file lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medgraft.data.cohort.class_folders import resolve_class_folders
from medgraft.data.cohort.drawn import drawn_cases
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.data.cohort.voc_layout import folder_of
from medgraft.data.cohort.walk import split_of_name, walk
from medgraft.data.outlines.boxes import Boxes
from medgraft.data.outlines.coco import is_coco, read_coco
from medgraft.data.outlines.placing import Placed, SetAside, place_coco
from medgraft.errors import CohortError

__all__ = ["resolve_coco"]

_PARTED = re.compile(r"^(?:instances_)?(train|val|valid|test)[0-9]*$")
_ROBOFLOW = "_annotations.coco.json"
_RESERVED = {"images", "jpegimages", "masks", "annotations"}


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    split: str | None = None


def resolve_coco(data: Path, options: CohortOptions) -> Found | None:
    """Pictures and boxes of this layout, or ``None``. Raises ``DataError`` for a damaged COCO file, ``CohortError``
    where two of them are for all pictures."""
    files = _files(data, options)
    if not files:
        return None
    base = data if data.is_dir() else data.parent
    boxes: dict[Path, Boxes] = {}
    splits: dict[Path, str | None] = {}
    left_out: list[SetAside] = []
    set_aside: list[SetAside] = []
    unclear: set[Path] = set()
    for file in files:
        placed = place_coco(file.path, _pictures(file, base))
        unclear |= set(placed.boxes) & set(boxes)
        boxes.update(placed.boxes)
        splits.update(dict.fromkeys(placed.boxes, file.split))
        left_out += placed.left_out
        set_aside += placed.set_aside
    return drawn_cases(
        Placed(boxes, tuple(left_out), tuple(set_aside)),
        pictures=walk(base).files,
        kind="COCO boxes",
        base=base,
        split_of=splits.get if any(file.split for file in files) else None,
        unclear=unclear,
    )


def _files(data: Path, options: CohortOptions) -> list[_File]:
    if data.is_file():
        return [_File(data)] if data.suffix.lower() == ".json" and is_coco(data) else []
    parted = [*_by_folder(data), *_by_name(data)]
    if parted:
        return parted
    places = [data, *(place for place in (folder_of(data, ("annotations",)), folder_of(data, ("images",))) if place)]
    plain = [_File(file) for place in places for file in _json(place) if is_coco(file)]
    if len(plain) > 1:
        names = ", ".join(file.path.name for file in plain[:5])
        raise CohortError(
            f"reading {data}: {len(plain)} COCO files lie there ({names}), and their names do not say which part each "
            "is (instances_train.json, …); join them, name them so, or give one as DATA"
        )
    return plain if plain and (options.task == "detection" or not _holds_classes(data)) else []


def _by_folder(data: Path) -> Iterator[_File]:
    for place in sorted(data.iterdir()):
        split = split_of_name(place.name)
        if split and place.is_dir() and is_coco(place / _ROBOFLOW):
            yield _File(place / _ROBOFLOW, split)


def _by_name(data: Path) -> Iterator[_File]:
    place = folder_of(data, ("annotations",))
    for file in _json(place) if place is not None else ():
        match = _PARTED.match(file.stem.lower())
        if match and is_coco(file):
            yield _File(file, split_of_name(match.group(1)))


def _json(place: Path) -> list[Path]:
    return sorted(file for file in place.iterdir() if file.suffix.lower() == ".json" and not file.name.startswith("."))


def _holds_classes(data: Path) -> bool:
    """Whether DATA is class folders: two or more that are not usual names of something else."""
    found = resolve_class_folders(data, CohortOptions())
    if isinstance(found, str):
        return False
    return len({draft.label for draft in found.drafts if draft.label and draft.label.lower() not in _RESERVED}) > 1


def _pictures(file: _File, base: Path) -> Path:
    """The folder with the pictures of a file; its own where they are nowhere, so that each is named as missing."""
    own = file.path.stem.lower().removeprefix("instances_")
    images = folder_of(base, ("images",))
    places = [
        file.path.parent,
        *(place / name for place in (base, images) if place for name in (own, file.split or "")),
    ]
    places += [place for place in (images, folder_of(base, ("jpegimages",)), base) if place]
    names = [picture.name for picture in read_coco(file.path).pictures]
    for place in places:
        if any(
            (place / name).is_file() for name in names if name and not name.startswith(("/", "..")) and "\0" not in name
        ):
            return place
    return file.path.parent
