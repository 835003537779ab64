"""Boxes as a table beside the pictures: ``images`` and ``boxes.csv`` (or .tsv, .parquet), one row a box.

Columns: a key (``stem``, ``case_id``, ``path``, ``image`` …), ``label`` (or as ``--label-col`` says; without one all
are ``object``), and corners as ``BoxColumns`` knows them. The key is the path or the name of a picture, with or without
its ending. A row with empty corners, or a picture that the table of cases lists and no row here does, is a picture
without boxes; any other without a row is left out.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.columns import candidates
from medgraft.data.cohort.joining import rows_beside, stem
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.tabular import TABLE_SUFFIXES, Rows, read_rows
from medgraft.data.cohort.voc_layout import folder_of
from medgraft.data.cohort.walk import split_of_name, walk
from medgraft.data.outlines.box_table import BoxColumns
from medgraft.data.outlines.boxes import Annotation, Box
from medgraft.errors import CohortError

__all__ = ["resolve_box_table"]

_KEYS = ("stem", "case_id", "case", "image_id", "id")
_NAMES = ("images", "jpegimages")
_OBJECT = "object"


def resolve_box_table(data: Path, options: CohortOptions) -> Found | None:
    """Pictures and a table of boxes, or ``None``. Raises ``CohortError`` for a table of boxes that cannot be read."""
    path = _table(data, options)
    if path is None:
        return None
    base = data if data.is_dir() else data.parent
    rows = read_rows(path)
    columns = BoxColumns.of(rows.header)
    key = _key_column(rows, path, options)
    if columns is None or key is None:
        lacking = "the corners (x0, y0, x1, y1)" if columns is None else "the picture (stem, or path)"
        raise CohortError(
            f"reading the table of boxes {path}: no columns for {lacking}; its columns: {', '.join(rows.header)}"
        )
    folder = folder_of(base, _NAMES) or base
    pictures = walk(folder).files
    known = _Known(pictures, (path.parent, base, folder))
    boxes: dict[Path, list[Box]] = {}
    bad: list[Draft] = []
    label = next(iter(candidates("label", rows.header, _one_label(options), path)), None)
    labels = rows.column(label) if label is not None else [_OBJECT] * len(rows.cells)
    for number, cells, name, kind in zip(rows.numbers, rows.cells, rows.column(key), labels, strict=True):
        picture = known.picture(name)
        if isinstance(picture, str):
            bad.append(Draft(path, row=number, problem=f"row {number}: {picture}"))
            continue
        box = columns.box(kind, cells)
        boxes.setdefault(picture, []).extend([] if box is None else [box])
    drawn = sum(map(bool, boxes.values()))
    empty = _listed(base, options, known) - set(boxes)
    drafts = [_draft(picture, tuple(rows), folder) for picture, rows in boxes.items()]
    drafts += [_draft(picture, (), folder) for picture in sorted(empty)]
    bare = len(set(pictures) - set(boxes) - empty)
    notes = (
        (f"{bare} pictures are in no table and are left out: it is not known whether they are empty",) if bare else ()
    )
    kind = f"boxes of {path.name}, {len(drafts)} pictures ({drawn} with boxes)"
    return Found((*drafts, *bad), kind, base, labelled=False, notes=(*rows.notes, *notes), target="boxes")


def _one_label(options: CohortOptions) -> CohortOptions:
    """A box has one label; several columns of them are about whole pictures."""
    return options if isinstance(options.label_col, str) else options.model_copy(update={"label_col": None})


def _draft(picture: Path, rows: tuple[Box, ...], folder: Path) -> Draft:
    inside = picture.relative_to(folder).parts if picture.is_relative_to(folder) else (picture.name,)
    split = split_of_name(inside[0]) if len(inside) > 1 else None
    return Draft(picture, split=split, boxes=Annotation(picture.name, None, rows))


def _table(data: Path, options: CohortOptions) -> Path | None:
    """DATA itself, ``boxes.*`` in it, or the one that ``--table`` names, if it has corners."""
    if data.is_file():
        places = [data]
    else:
        places = [place for place in sorted(data.iterdir()) if place.stem.lower() == "boxes" and place.is_file()]
        if options.task == "detection" and options.table is not None:
            places += [options.table.expanduser().absolute(), data / options.table]
    tables = [place for place in places if place.suffix.lower() in TABLE_SUFFIXES and place.is_file()]
    if not data.is_file():
        named = [place for place in tables if place.stem.lower() == "boxes"]
        tables = named or [place for place in tables if BoxColumns.of(read_rows(place).header)]
        return tables[0] if tables else None
    return next((place for place in tables if BoxColumns.of(read_rows(place).header)), None)


def _key_column(rows: Rows, path: Path, options: CohortOptions) -> str | None:
    """Which column names the picture."""
    if options.path_col is not None and options.path_col in rows.header:
        return options.path_col
    usual = candidates("path", rows.header, options.model_copy(update={"path_col": None}), path)
    named = {name.strip().lower(): name for name in rows.header}
    return next(iter(usual), None) or next((named[name] for name in _KEYS if name in named), None)


def _listed(base: Path, options: CohortOptions, known: _Known) -> set[Path]:
    """The pictures that the table of cases lists."""
    table = rows_beside(base, options)
    found = [known.picture(str(row.path)) for row in (table[0] if table is not None else ()) if row.problem is None]
    return {place for place in found if isinstance(place, Path)}


class _Known:
    """The pictures by path, by name and by stem."""

    def __init__(self, pictures: tuple[Path, ...], bases: tuple[Path, ...]) -> None:
        self._bases = bases
        self._all = set(pictures)
        self._named: dict[str, list[Path]] = {}
        for picture in pictures:
            for name in {picture.name.lower(), stem(picture)}:
                self._named.setdefault(name, []).append(picture)

    def picture(self, name: str | None) -> Path | str:
        """The picture, or why there is none."""
        if name is None or not name.strip() or "\0" in name:
            return "it names no picture"
        text = name.strip().replace("\\", "/")
        for base in self._bases:
            if base / text in self._all:
                return base / text
        found = self._named.get(Path(text).name.lower()) or []
        if len(found) == 1:
            return found[0]
        return f"{len(found)} pictures have its name; give its path" if found else "its picture is not there"
