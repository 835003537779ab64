"""A table file as text: header, cells, row numbers. CSV, TSV (delimiter sniffed) and Parquet.

Every cell is text or ``None`` (missing). A whole number that Parquet holds as a float is written without the
point, because a missing label is what turned it into a float. Row numbers count as a spreadsheet does: header
1.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.errors import CohortError

__all__ = ["TABLE_SUFFIXES", "Rows", "read_rows"]

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")

_MISSING = {"", "na", "n/a", "nan", "<na>", "null"}
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Rows:
    """``cells[i][j]`` is row ``numbers[i]``, column ``header[j]``."""

    header: tuple[str, ...]
    cells: tuple[tuple[str | None, ...], ...]
    numbers: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[str | None]:
        """The cells of one column."""
        index = self.header.index(name)
        return [row[index] for row in self.cells]


def read_rows(path: Path) -> Rows:
    """Read a table. Raises ``CohortError`` (which file, which row, what is needed)."""
    try:
        return _parquet(path) if path.suffix.lower() == ".parquet" else _delimited(path)
    except OSError as error:
        raise CohortError(
            f"reading the table {path}: {error.strerror or error}; a CSV, TSV or Parquet file is needed"
        ) from error


def _parquet(path: Path) -> Rows:
    try:
        frame = pd.read_parquet(path)
    except (ValueError, TypeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise CohortError(f"reading the table {path}: it is not a Parquet file ({reason}); write it again") from error
    columns = [[_as_text(value) for value in frame.iloc[:, index]] for index in range(frame.shape[1])]
    cells = tuple(zip(*columns, strict=True)) if columns else ()
    return Rows(tuple(str(name) for name in frame.columns), cells, tuple(range(2, len(frame) + 2)))


def _as_text(value: Any) -> str | None:
    """A Parquet cell as text; ``None`` where missing."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _cell(str(value))


def _cell(text: str) -> str | None:
    return None if text.strip().lower() in _MISSING else text


def _delimited(path: Path) -> Rows:
    text, notes = _decode(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
    header: tuple[str, ...] | None = None
    cells, numbers = [], []
    try:
        for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            if not any(field.strip() for field in record):
                continue
            if header is None:
                header = tuple(field.strip() for field in record)
            elif len(record) != len(header):
                raise CohortError(
                    f"reading the table {path}: row {number} has {len(record)} cells, the header has "
                    f"{len(header)}; "
                    "quote cells that hold the delimiter, or add the missing cells"
                )
            else:
                cells.append(tuple(_cell(field) for field in record))
                numbers.append(number)
    except csv.Error as error:
        raise CohortError(f"reading the table {path}: {error}; a CSV or TSV file is needed") from error
    if header is None:
        raise CohortError(f"reading the table {path}: it is empty; a header and one row a case are needed")
    return Rows(header, tuple(cells), tuple(numbers), notes)


def _decode(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a table, and a note where its encoding had to be assumed."""
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), (f"{path.name} was read as UTF-16",)
    if b"\x00" in raw:
        raise CohortError(f"reading the table {path}: it holds binary data; a CSV, TSV or Parquet file is needed")
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return raw.decode("latin-1"), (
            (f"{path.name} is not UTF-8 and was read as Latin-1: check names with accents, or save it as UTF-8"),
        )
