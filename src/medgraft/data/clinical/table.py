"""A clinical table: read, checked, joined to the cases of a cohort by patient or by path.

Missing stays missing. Every error names the file and the row or column, never the patient. The values are private:
what is joined lives in memory and in ``private/`` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.columns import Column, number_of, settled_column
from medgraft.data.clinical.options import ClinicalOptions
from medgraft.data.cohort.columns import candidates
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.tabular import Rows, read_rows
from medgraft.errors import CohortError
from medgraft.registry import nearest

__all__ = ["ClinicalRows", "ClinicalTable", "column_values", "read_clinical"]

_NO_VALUES = ("path", "patient", "label", "site", "split")
"""Columns by the usual names that are no values of a patient; one that is wanted all the same is named."""


@dataclass(frozen=True)
class ClinicalRows:
    """The table's values for the cases of a cohort, in their order.

    ``values`` (n rows): a number column as float with NaN, a category column as text with ``None``; ``found`` (n,):
    whether the case has a row at all. ``notes`` are for the user's terminal.
    """

    columns: tuple[Column, ...]
    values: pd.DataFrame
    found: NDArray[np.bool_]
    by: str
    notes: tuple[str, ...] = ()

    def without(self, names: Sequence[str]) -> ClinicalRows:
        """Leave columns out."""
        kept = tuple(column for column in self.columns if column.name not in names)
        return replace(self, columns=kept, values=self.values[[column.name for column in kept]])

    def take(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> ClinicalRows:
        """Some of the cases."""
        rows = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        return replace(self, values=self.values.iloc[rows].reset_index(drop=True), found=self.found[keep])


@dataclass(frozen=True)
class ClinicalTable:
    """One row a key; ``by`` says what the keys are, and ``keys`` and ``values`` go together."""

    file: Path
    by: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    values: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    def digest(self) -> str:
        """sha256 over what the table says."""
        told = self.values.assign(key=list(self.keys)).sort_values("key").astype(str).to_csv(index=False)
        kinds = [(column.name, column.kind) for column in self.columns]
        return hashlib.sha256(f"{self.by}{kinds}{told}".encode("utf-8", "surrogateescape")).hexdigest()

    def joined(self, cases: pd.DataFrame) -> ClinicalRows:
        """The rows of ``cases`` (columns of a cohort's table). Raises ``CohortError`` where none has a row."""
        place = {key: row for row, key in enumerate(self.keys)}
        if self.by == "patient":
            if cases["patient"].isna().all():
                raise CohortError(
                    f"joining the table {self.file}: its rows are about patients, and who the patients are is not "
                    "known; say it with --patient-col or --patient-regex, or join by file with "
                    "--set clinical.by=path"
                )
            wanted = [None if pd.isna(patient) else str(patient).strip() for patient in cases["patient"]]
        else:
            wanted = [_path_key(str(path), place, self.file.parent) for path in cases["path"]]
        rows = np.array([place.get(key, -1) if key is not None else -1 for key in wanted], dtype=np.int64)
        found = rows >= 0
        if not found.any():
            raise CohortError(
                f"joining the table {self.file}: none of its {len(self.keys)} rows is about one of the "
                f"{len(cases)} cases; the names in its joining column must be those of the cohort's "
                f"{'patients' if self.by == 'patient' else 'files'} (--set clinical.join=COLUMN chooses another)"
            )
        values = self.values.reindex(np.where(found, rows, -1)).reset_index(drop=True)
        return ClinicalRows(self.columns, values, found, self.by, (*self.notes, *self._told(rows, found, wanted)))

    def _told(self, rows: NDArray[np.int64], found: NDArray[np.bool_], wanted: Sequence[str | None]) -> list[str]:
        """How many cases have no row, and how many rows no case."""
        told = []
        if not found.all():
            lost = {key for key, known in zip(wanted, found, strict=True) if not known and key is not None}
            of = f" of {len(lost)} patients" if self.by == "patient" and lost else ""
            told.append(
                f"{int((~found).sum())} of {len(found)} cases{of} have no row in {self.file.name}: they are answered "
                "for by the image alone"
            )
        idle = len(self.keys) - len(np.unique(rows[found]))
        if idle:
            told.append(f"{idle} of {len(self.keys)} rows of {self.file.name} are about no case and are not used")
        return told


def _path_key(path: str, place: dict[str, int], base: Path) -> str | None:
    """The key that a file goes by: its path as written, relative to the table, or its name."""
    file = Path(path)
    inside = file.relative_to(base).as_posix() if file.is_relative_to(base) else None
    return next((key for key in (path, inside, file.name, file.stem) if key is not None and key in place), None)


def read_clinical(
    file: Path, options: ClinicalOptions, *, kinds: Sequence[Column] = (), rows: Rows | None = None
) -> ClinicalTable:
    """Read a table. ``kinds``: what its columns must hold, where that was settled before (at prediction). ``rows``:
    its content, where it has been read already.

    Raises ``CohortError`` for a column that is not there, that holds dates or text among numbers, or nothing at all
    where it was asked for; for two rows of one key that differ.
    """
    rows = rows or read_rows(file)
    key = _key_column(rows.header, options, file)
    names, notes = _wanted(rows.header, key, options, kinds, file)
    keys, kept, dropped = _single(rows, key, names, options.by, file)
    notes += dropped
    numbers = [rows.numbers[row] for row in kept]
    columns, content = list[Column](), dict[str, list[float] | list[str | None]]()
    known = {column.name: column for column in kinds}
    for name in names:
        place = rows.header.index(name)
        cells = [rows.cells[row][place] for row in kept]
        declared = name in options.categories or (name in known and known[name].kind == "category")
        found = settled_column(name, cells, numbers, file, category=declared)
        column = known.get(name, found)
        if column is None and name in options.columns:
            raise CohortError(
                f"reading the table {file}: the column {name!r} holds nothing in any of its {len(cells)} rows; fill "
                "it, or leave it out of the columns to use"
            )
        if column is None:
            notes.append(f"the column {name!r} of {file.name} holds nothing and is left out")
            continue
        if found is not None and found.kind != column.kind:
            row = next(row for row, cell in zip(numbers, cells, strict=True) if cell is not None)
            raise CohortError(
                f"reading the table {file}: row {row} of the column {name!r} holds text, and the model was fitted "
                "with numbers in it; write a number or leave the cell empty"
            )
        columns.append(column)
        content[name] = _content(column, cells)
    if not columns:
        raise CohortError(f"reading the table {file}: it holds no column beside {key!r}; values of patients are needed")
    frame = pd.DataFrame(content, index=range(len(keys)), columns=[column.name for column in columns])
    return ClinicalTable(file.absolute(), options.by, tuple(keys), tuple(columns), frame, (*rows.notes, *notes))


def _key_column(header: tuple[str, ...], options: ClinicalOptions, file: Path) -> str:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise CohortError(f"reading the table {file}: it has two columns {twice[0]!r}; rename one of them")
    if options.join is not None:
        if options.join not in header:
            raise CohortError(
                f"reading the table {file}: the joining column {options.join!r} is not there"
                f"{nearest(options.join, header)}; its columns: {', '.join(header)}"
            )
        return options.join
    found = candidates(options.by, header, CohortOptions(), file)
    if not found:
        usual = "patient, patient_id or subject" if options.by == "patient" else "path, file or image"
        raise CohortError(
            f"reading the table {file}: no column is called {usual} (it has {', '.join(header)}); name the one that "
            "joins with --set clinical.join=COLUMN, or choose --set clinical.by=patient or path"
        )
    return found[0]


def _single(rows: Rows, key: str, names: Sequence[str], by: str, file: Path) -> tuple[list[str], list[int], list[str]]:
    """One row a key: keys, places of their rows, notes. Rows that repeat are dropped, rows that differ refused."""
    first: dict[str, int] = {}
    repeats = empty = 0
    places = [rows.header.index(name) for name in names]
    for place, cell in enumerate(rows.column(key)):
        if cell is None or not cell.strip():
            empty += 1
            continue
        before = first.setdefault(cell.strip(), place)
        if before == place:
            continue
        if any(rows.cells[before][column] != rows.cells[place][column] for column in places):
            raise CohortError(
                f"reading the table {file}: rows {rows.numbers[before]} and {rows.numbers[place]} are about the same "
                f"{by} and differ; one row a {by} is needed: keep the one that was known when the picture was taken"
            )
        repeats += 1
    if not first:
        raise CohortError(f"reading the table {file}: its joining column is empty; it must name the {by} of each row")
    notes = [f"{repeats} rows of {file.name} repeat an earlier one and were dropped"] if repeats else []
    notes += [f"{empty} rows of {file.name} name no {by} and were dropped"] if empty else []
    return list(first), list(first.values()), notes


def _wanted(
    header: tuple[str, ...], key: str, options: ClinicalOptions, kinds: Sequence[Column], file: Path
) -> tuple[list[str], list[str]]:
    """Names of the columns to read, all of which are there; a note on those that are passed over."""
    names = [column.name for column in kinds] or list(options.columns)
    for name in [*names, *options.categories]:
        if name not in header:
            raise CohortError(
                f"reading the table {file}: the column {name!r} is not there{nearest(name, header)}; "
                f"its columns: {', '.join(header)}"
            )
    if names:
        return names, []
    usual = {name for meaning in _NO_VALUES for name in candidates(meaning, header, CohortOptions(), file)} - {key}
    told = f"not read as values from {file.name}: {', '.join(name for name in header if name in usual)}"
    return [name for name in header if name != key and name not in usual], [told] if usual else []


def _content(column: Column, cells: Sequence[str | None]) -> list[float] | list[str | None]:
    """Numbers with NaN, or text with ``None``."""
    if column.kind == "category":
        return [None if cell is None else cell.strip() for cell in cells]
    numbers = [None if cell is None else number_of(cell) for cell in cells]
    return [np.nan if number is None else number for number in numbers]


def column_values(name: str, rows: Rows, file: Path) -> pd.Series:
    """One column of a table, a value a row: float with NaN, or text with ``None``. Raises ``CohortError``."""
    cells = rows.column(name)
    column = settled_column(name, cells, rows.numbers, file) or Column(name, "category")
    return pd.Series(_content(column, cells), dtype=np.float64 if column.kind == "number" else object)
