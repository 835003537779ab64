"""Which picture each annotation belongs to: by name, inside one folder, never by position.

Of VOC a picture is found by the name in its file, else by the name of the file itself (``a.xml``, ``a.png``), since
annotation programs write paths of their own machine, or nothing. Of COCO it is found by ``file_name``. What points to
no picture, to two, out of the folder, or to a picture that another annotation points to is set aside, with its file and
entry; the others go on. A picture without an annotation is not looked at: it is not known whether it is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from medgraft.data.outlines.boxes import Annotation, Boxes, sift
from medgraft.data.outlines.coco import read_coco
from medgraft.data.outlines.voc import read_voc
from medgraft.errors import ReaderError

__all__ = ["Placed", "SetAside", "place_coco", "place_voc"]


@dataclass(frozen=True, slots=True)
class SetAside:
    """``file``: the annotation's; ``entry``: which picture of it, from 1; ``reason`` names no patient."""

    file: Path
    entry: int
    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """``boxes`` by picture, in the order of the annotations; ``left_out``: single boxes; ``set_aside``: pictures."""

    boxes: Mapping[Path, Boxes]
    left_out: tuple[SetAside, ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One annotation, where it stands, and the pictures that may be its own; or why it cannot be used."""

    file: Path
    number: int
    annotation: Annotation | None
    pictures: tuple[Path, ...] = ()
    problem: str = ""


def place_coco(path: Path, folder: Path) -> Placed:
    """The boxes of a COCO file by their pictures (paths below ``folder``). Raises ``DataError`` for what is no COCO
    file."""
    entries = []
    for number, annotation in enumerate(read_coco(path).pictures, start=1):
        named = _below(folder, annotation.name)
        entries.append(_Entry(path, number, annotation, (named,) if named else ()))
    return _placed(entries)


def place_voc(paths: Iterable[Path], folder: Path) -> Placed:
    """The boxes of VOC files, one a picture, by their pictures (paths below ``folder``); entries are numbered 1. A file
    that cannot be read is set aside."""
    by_stem: dict[str, list[Path]] = {}
    for picture in sorted(folder.iterdir()) if folder.is_dir() else ():
        if picture.is_file() and picture.suffix.lower() != ".xml":
            by_stem.setdefault(picture.stem, []).append(picture)
    entries = []
    for path in paths:
        try:
            annotation = read_voc(path)
        except ReaderError as error:
            entries.append(_Entry(path, 1, None, problem=str(error)))
            continue
        named = _below(folder, annotation.name)
        entries.append(_Entry(path, 1, annotation, (named,) if named else tuple(by_stem.get(path.stem, ()))))
    return _placed(entries)


def _placed(entries: Iterable[_Entry]) -> Placed:
    boxes: dict[Path, Boxes] = {}
    left_out: list[SetAside] = []
    set_aside: list[SetAside] = []
    entries = list(entries)
    claims: dict[Path, list[_Entry]] = {}
    for entry in entries:
        for picture in entry.pictures:
            claims.setdefault(picture, []).append(entry)
    for entry in entries:
        problem = entry.problem or _unplaced(entry, claims)
        if not problem and entry.annotation is not None:
            sifted = sift(entry.annotation.rows, entry.annotation.size)
            problem = sifted.problem or ""
            if not problem:
                boxes[entry.pictures[0]] = sifted.boxes
                left_out += [SetAside(entry.file, entry.number, reason) for reason in sifted.left_out]
        if problem:
            set_aside.append(SetAside(entry.file, entry.number, problem))
    return Placed(boxes, tuple(left_out), tuple(set_aside))


def _unplaced(entry: _Entry, claims: Mapping[Path, list[_Entry]]) -> str:
    """Why no picture is that of the annotation, or nothing. Which of two annotations is right is not guessed."""
    if not entry.pictures:
        return "its picture is not in the folder of pictures; add it, or correct the name in the annotation"
    if len(entry.pictures) > 1:
        return f"{len(entry.pictures)} pictures have its name; name one in the annotation, with its suffix"
    if len(claims[entry.pictures[0]]) > 1:
        return f"{len(claims[entry.pictures[0]])} annotations are of its picture; keep one, or join their boxes"
    return ""


def _below(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder; names that lead out of it are of another machine, or malicious."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if not name or "\0" in name or parts.is_absolute() or ".." in parts.parts:
        return None
    path = folder.joinpath(*parts.parts)
    try:
        return path if path.is_file() else None
    except OSError:  # a name that is too long for the file system is no file's
        return None
