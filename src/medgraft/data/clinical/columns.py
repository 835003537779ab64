"""What a column of a clinical table holds: numbers or categories. Settled once, from all rows, and told.

A column whose cells are all numbers is a number, unless it is declared a category. One without any number is a
category. A mixture is an error that names the row: ``<5`` and ``n/d`` among numbers are for a person to settle. Dates
are refused, because the day of a visit is no measurement, and the day of a birth names a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medgraft.errors import CohortError

__all__ = ["MOST_CATEGORIES", "Column", "Kind", "number_of", "settled_column"]

Kind = Literal["number", "category"]

MOST_CATEGORIES = 30
"""More different texts than this are notes or names, not categories."""
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([T ]\d{1,2}:\d{2}.*)?")
_COMPACT_DATE = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_SPEAKS_OF_DATES = re.compile(r"date|birth|dob|day|time", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """``kind`` of the cells of a column."""

    name: str
    kind: Kind


def number_of(cell: str) -> float | None:
    """The number that a cell is, with a point or a decimal comma; ``None`` where it is none, or not finite."""
    text = cell.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def settled_column(
    name: str, cells: Sequence[str | None], rows: Sequence[int], file: Path, *, category: bool = False
) -> Column | None:
    """The column, or ``None`` where all its cells are missing. ``rows``: numbers of the rows, for errors.

    Raises ``CohortError`` for dates, for text among numbers, and for more texts than categories.
    """
    given = [(row, cell.strip()) for row, cell in zip(rows, cells, strict=True) if cell is not None]
    if not given:
        return None
    _refuse_dates(name, given, file)
    texts = [(row, cell) for row, cell in given if number_of(cell) is None]
    if category or len(texts) == len(given):
        _refuse_names(name, given, file)
        return Column(name, "category")
    if texts:
        row, cell = texts[0]
        raise CohortError(
            f"reading the table {file}: row {row} of the column {name!r} holds {cell[:40]!r} "
            f"({len(texts)} of {len(given)} cells are text, the others numbers); write a number or leave the cell "
            f"empty, or declare the column with --set 'clinical.categories=[\"{name}\"]'"
        )
    return Column(name, "number")


def _refuse_dates(name: str, given: Sequence[tuple[int, str]], file: Path) -> None:
    compact = _SPEAKS_OF_DATES.search(name) is not None
    dated = [row for row, cell in given if _DATE.fullmatch(cell) or (compact and _COMPACT_DATE.fullmatch(cell))]
    if 2 * len(dated) > len(given):
        raise CohortError(
            f"reading the table {file}: the column {name!r} holds dates (row {dated[0]} is the first); a date is no "
            "measurement and tells who somebody is. Write the age or the days between two events in its place, or "
            "name the columns to use with --set 'clinical.columns=[…]'"
        )


def _refuse_names(name: str, given: Sequence[tuple[int, str]], file: Path) -> None:
    different = len({cell for _, cell in given})
    if different > MOST_CATEGORIES:
        raise CohortError(
            f"reading the table {file}: the column {name!r} holds {different} different texts in {len(given)} rows; "
            f"up to {MOST_CATEGORIES} are categories, more are notes or names. Group them, or name the columns to use "
            "with --set 'clinical.columns=[…]'"
        )
