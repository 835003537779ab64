"""DATA as a table of cases: a CSV, TSV or Parquet file, given, named with ``--table``, or lying in the
folder.

A table fits if its path column leads to files, or to folders that hold a DICOM series (relative to the table, else
to DATA). Two fitting tables are an error. A table without labels beside class folders takes the labels from the
folders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from medgraft.data.cohort.class_folders import labels_by_folder
from medgraft.data.cohort.columns import candidates
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.tabular import TABLE_SUFFIXES, Rows, read_rows
from medgraft.data.cohort.targets import Answers, label_columns, read_answers, told
from medgraft.data.cohort.walk import split_of_name
from medgraft.data.outlines.legend import DECLARING, declared_names
from medgraft.errors import CohortError

__all__ = ["listing_table", "resolve_table"]

_BOXES = "boxes"
"""The stem of a table that is known to list boxes, not cases."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose path column leads to files. ``places`` are absolute; not all of them need exist."""

    path: Path
    base: Path
    rows: Rows
    places: tuple[Path | None, ...]


def listing_table(data: Path, options: CohortOptions) -> _Table | None:
    """The table that lists DATA's cases, for columns that a cohort does not keep; ``None`` where there is none."""
    base = data if data.is_dir() else data.parent
    named = _named(data, base, options)
    tried = [named] if named is not None else sorted(data.iterdir()) if data.is_dir() else []
    fitting = [table for path in tried if _is_table(path) and isinstance(table := _try(path, base, options), _Table)]
    return fitting[0] if len(fitting) == 1 else None


def resolve_table(data: Path, options: CohortOptions) -> Found | str:
    """The table that DATA is, that ``--table`` names, or the only one in the folder that fits."""
    base = data if data.is_dir() else data.parent
    named = _named(data, base, options)
    if named is not None:
        table = _fit(named, base, options)
        if isinstance(table, str):
            raise CohortError(f"reading the table {named}: {table}")
        return _as_asked(table, data, options)
    if not data.is_dir():
        return "a table (.csv, .tsv, .parquet)"
    tried = {path: _try(path, base, options) for path in sorted(data.iterdir()) if _is_table(path)}
    fitting = [table for table in tried.values() if isinstance(table, _Table)]
    if len(fitting) > 1:
        names = ", ".join(table.path.name for table in fitting)
        raise CohortError(f"reading {data}: {len(fitting)} tables list its pictures ({names}); name one with --table")
    if fitting:
        return _as_asked(fitting[0], data, options)
    reasons = "; ".join(f"{path.name}: {reason}" for path, reason in tried.items() if isinstance(reason, str))
    return "a table of cases (.csv, .tsv, .parquet)" + (f" ({reasons})" if reasons else "")


def _is_table(path: Path) -> bool:
    named = path.suffix.lower() in TABLE_SUFFIXES and not path.name.startswith(".") and path.stem.lower() != _BOXES
    return named and path.is_file()


def _named(data: Path, base: Path, options: CohortOptions) -> Path | None:
    """The table that the user pointed at, if any."""
    if options.table is None:
        return data if data.is_file() and data.suffix.lower() in TABLE_SUFFIXES else None
    for path in (options.table.expanduser().absolute(), base / options.table):
        if path.is_file():
            return path
    raise CohortError(f"reading {data}: the table {options.table} of --table is not there; check the name")


def _try(path: Path, base: Path, options: CohortOptions) -> _Table | str:
    """``_fit`` for a table that merely lies there: what is wrong with it is a reason, not an error."""
    try:
        return _fit(path, base, options)
    except CohortError as error:
        return str(error)


def _fit(path: Path, base: Path, options: CohortOptions) -> _Table | str:
    """The table with its resolved paths, or why it does not list pictures."""
    rows = read_rows(path)
    columns = candidates("path", rows.header, options, path)
    if not columns:
        columns_here = ", ".join(rows.header)
        return f"no column is called path, file, filename or image (it has {columns_here}); use --path-col"
    if not rows.cells:
        return "it has a header but no rows"
    first: tuple[Path | None, ...] = ()
    for column in columns:
        places = tuple(_place(cell, (path.parent, base)) for cell in rows.column(column))
        if any(place is not None and place.exists() for place in places):
            return _Table(path, base, rows, places)
        first = first or places
    example = next((str(place) for place in first if place is not None), "nothing")
    return (
        f"none of the {len(first)} files in its column {columns[0]!r} is there (the first would be "
        f"{example}); "
        "paths are relative to the table, else to DATA"
    )


def _place(cell: str | None, bases: tuple[Path, ...]) -> Path | None:
    """Where the file of a row lies; the first base if it lies nowhere; ``None`` for an empty cell."""
    if cell is None or "\x00" in cell or not cell.strip():
        return None
    for text in dict.fromkeys((cell, cell.strip(), cell.strip().replace("\\", "/"))):
        for base in bases:
            place = base / text
            try:
                if place.exists():
                    # Resolving is slow, and needed only so that one file has one path.
                    return place.resolve() if ".." in place.parts else place
            except OSError:
                continue
    return bases[0] / cell.strip()


def _as_asked(table: _Table, data: Path, options: CohortOptions) -> Found | str:
    """The cases with their masks, where the task asks for them or the table has nothing else; else with labels."""
    columns = candidates("mask", table.rows.header, options, table.path) if options.task != "classification" else []
    asked = options.task == "segmentation" or options.mask_col is not None
    if options.task == "segmentation" and not columns:
        return f"a column of masks in {table.path.name} (none is called mask; --mask-col names it)"
    plain = options.model_copy(update={"label_col": None}) if asked else options
    found = _found(table, data, plain)
    if not columns or not (asked or not found.labelled):
        return found
    masked = _masked(table, columns[0], found)
    # masks that lie elsewhere are no reason to refuse pictures that nobody asked to outline
    return masked if asked or any(draft.problem is None for draft in masked.drafts) else found


def _masked(table: _Table, column: str, found: Found) -> Found:
    """The cases with the masks of ``column``, without labels."""
    drafts = []
    for draft, cell in zip(found.drafts, table.rows.column(column), strict=True):
        masks = _masks(cell, (table.path.parent, table.base))
        gone = [mask for mask in masks if not mask.exists()]
        problem = f"{draft.where}no mask" if not masks else f"{draft.where}no such mask file" if gone else None
        drafts.append(replace(draft, label=None, answers=(), masks=masks, problem=draft.problem or problem))
    named = [declared_names(table.path.parent / name) for name in DECLARING]
    return replace(
        found,
        drafts=tuple(drafts),
        kind=f"table {table.path.name}, {len(drafts)} rows with masks (column {column})"
        + (", with patients" if any(draft.patient for draft in drafts) else ", without patients"),
        labelled=False,
        names=(),
        target="masks",
        declared=next((names for names in named if names is not None), None),
        by_folder=any(len(draft.masks) > 1 for draft in drafts),
    )


def _masks(cell: str | None, bases: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files of a cell: one, or several parted by semicolons."""
    whole = _place(cell, bases)
    if cell is None or whole is None or whole.exists() or ";" not in cell:
        return () if whole is None else (whole,)
    places = [_place(part, bases) for part in cell.split(";")]
    return tuple(place for place in places if place is not None)


def _found(table: _Table, data: Path, options: CohortOptions) -> Found:
    """Turn rows into drafts."""
    rows, notes = table.rows, list(table.rows.notes)
    several = label_columns(rows.header, options, table.path)
    label = None if several else _column("label", table, options, notes)
    patient = _column("patient", table, options, notes) if options.patient_regex is None else None
    site = _column("site", table, options, notes)
    splits = _splits(table, options, notes)
    folder_labels = {} if several or label is not None or not data.is_dir() else labels_by_folder(data)
    empty: list[str | None] = [None] * len(rows.cells)
    labels = rows.column(label) if label is not None else empty
    if folder_labels:
        labels = [folder_labels.get(place) if place is not None else None for place in table.places]
    answers: list[Answers] = [()] * len(rows.cells)
    if several:
        answers = read_answers([rows.column(name) for name in several], several, rows.numbers, table.path)
        labels = [told(one, several) for one in answers]
    patients = rows.column(patient) if patient is not None else empty
    sites = rows.column(site) if site is not None else empty
    drafts = tuple(
        _draft(Draft(place or table.path, "", *_stripped(cells), row=number, answers=said), place)
        for number, place, said, *cells in zip(
            rows.numbers, table.places, answers, labels, patients, sites, splits, strict=True
        )
    )
    labelled = any(item.label is not None for item in drafts)
    if label is not None and not labelled:
        notes.append(f"the label column {label!r} of {table.path.name} is empty: the cases are unlabelled")
    kind = f"table {table.path.name}, {len(drafts)} rows, {'with' if patient else 'without'} patients"
    if folder_labels:
        kind += "; labels from the class folders"
    elif data.is_dir() and label is not None and labels_by_folder(data):
        kind += "; it wins over the class folders"
    return Found(drafts, kind, table.base, labelled, tuple(notes), tuple(several))


def _stripped(cells: list[str | None]) -> tuple[str | None, str | None, str | None, str | None]:
    """Label as it is (white space in it is the user's to settle); ids without surrounding spaces."""
    label, patient, site, split = cells
    return label, patient.strip() if patient else None, site.strip() if site else None, split


def _draft(draft: Draft, place: Path | None) -> Draft:
    """The draft with the reason why its row cannot be used, if so. The reason never holds the path."""
    problem = None
    if place is None:
        problem = f"{draft.where}no file name"
    elif not place.exists():
        problem = f"{draft.where}no such file"
    if problem is None:
        return draft
    return Draft(
        draft.path, label=draft.label, split=draft.split, row=draft.row, problem=problem, answers=draft.answers
    )


def _column(meaning: str, table: _Table, options: CohortOptions, notes: list[str]) -> str | None:
    """The column that holds ``meaning``; where several could, the likeliest, with a note."""
    found = candidates(meaning, table.rows.header, options, table.path)
    if len(found) > 1:
        notes.append(
            f"the columns {', '.join(found)} of {table.path.name} could each be the {meaning}: {found[0]} is "
            "used "
            f"(--{meaning}-col chooses another)"
        )
    return found[0] if found else None


def _splits(table: _Table, options: CohortOptions, notes: list[str]) -> list[str | None]:
    """train, val, test or ``None`` a row. A column that only looks like one is passed over, with a note."""
    column = _column("split", table, options, notes)
    if column is None:
        return [None] * len(table.rows.cells)
    cells = table.rows.column(column)
    splits = [split_of_name(cell) if cell is not None else None for cell in cells]
    foreign = sorted({cell for cell, split in zip(cells, splits, strict=True) if cell is not None and split is None})
    if not foreign:
        return splits
    shown = ", ".join(repr(value) for value in foreign[:5])
    if options.split_col is None and not any(splits):
        notes.append(f"the column {column} of {table.path.name} holds {shown} and is not read as a split")
        return splits
    rows = sum(cell in set(foreign) for cell in cells)
    raise CohortError(
        f"reading the table {table.path}: {rows} rows of the split column {column!r} hold {shown}; "
        "train, val or test is needed in every row"
    )
