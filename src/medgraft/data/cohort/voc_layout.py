"""Pascal VOC on the disk: ``JPEGImages`` (or ``images``) and ``Annotations`` with one XML file a picture.

``ImageSets/Main/train.txt``, ``val.txt`` and ``test.txt`` name pictures without ending, one a line, and are the split;
without ``train.txt``, ``trainval.txt`` is taken for it. A picture that none of them names is left out.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.drawn import drawn_cases
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.data.cohort.walk import natural_key, walk
from medgraft.data.outlines.placing import place_voc
from medgraft.types import SPLITS

__all__ = ["folder_of", "resolve_voc"]

_PICTURES, _ANNOTATIONS = ("jpegimages", "images"), ("annotations",)


def resolve_voc(data: Path, options: CohortOptions) -> Found | None:
    """Pictures and annotations of this layout, or ``None``."""
    if not data.is_dir():
        return None
    pictures, notes_folder = folder_of(data, _PICTURES), folder_of(data, _ANNOTATIONS)
    folder = pictures or data
    files = _xml(notes_folder) if notes_folder is not None else _xml(folder)
    if not files or (notes_folder is None and pictures is None and not walk(data).files):
        return None
    splits, unclear = _splits(data)
    placed = place_voc(files, folder)
    return drawn_cases(
        placed,
        pictures=walk(folder).files,
        kind="Pascal VOC boxes",
        base=data,
        split_of=None if not splits else lambda picture: splits.get(picture.stem),
        unclear={file for file in placed.boxes if file.stem in unclear},
    )


def folder_of(data: Path, names: tuple[str, ...]) -> Path | None:
    """The sub-folder with one of these names, in any case; the first of ``names`` that is there."""
    there = {place.name.lower(): place for place in sorted(data.iterdir()) if place.is_dir()}
    return next((there[name] for name in names if name in there), None)


def _xml(folder: Path) -> list[Path]:
    files = [file for file in folder.iterdir() if file.suffix.lower() == ".xml" and not file.name.startswith(".")]
    return sorted(files, key=lambda file: natural_key(file.name))


def _splits(data: Path) -> tuple[dict[str, str], set[str]]:
    """Part by the name of a picture, and the names that stand in two parts."""
    sets = folder_of(data, ("imagesets",))
    main = sets and (folder_of(sets, ("main",)) or sets)
    if main is None:
        return {}, set()
    found: dict[str, str] = {}
    unclear: set[str] = set()
    for part in SPLITS:
        file = main / f"{part}.txt"
        if part == "train" and not file.is_file():
            file = main / "trainval.txt"
        for name in _names(file):
            if found.setdefault(name, part) != part:
                unclear.add(name)
    return found, unclear


def _names(file: Path) -> list[str]:
    """The first word of each line."""
    if not file.is_file():
        return []
    return [line.split()[0] for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]
