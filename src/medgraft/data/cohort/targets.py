"""Several labels a case: each is a question with the answer yes, no or unknown.

A cohort of this kind has a column ``label:<name>`` of 0, 1 or NaN a label, and in ``label`` a text to show: the
labels that a case has, those that nobody looked for with a question mark. What is unknown about one label says nothing
about the others: such a case neither trains nor counts for that label alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import CohortError
from medgraft.registry import nearest

__all__ = [
    "PREFIX",
    "Answers",
    "label_columns",
    "read_answers",
    "refuse_class_options",
    "targets_of",
    "told",
]

PREFIX = "label:"
"""Of the cohort's columns."""

Answers = tuple[bool | None, ...]
"""One case: yes, no or unknown (``None``) a label."""

_YES = {"1", "1.0", "true", "yes", "positive"}
_NO = {"0", "0.0", "false", "no", "negative"}
_UNKNOWN = {"", "-1", "-1.0", "nan", "none", "uncertain", "unknown"}


def label_columns(header: Sequence[str], options: CohortOptions, table: Path) -> list[str]:
    """The columns of ``--label-col`` where it names several, else none. A name with a comma is one name where the table
    has such a column. Raises ``CohortError`` for a column that is not there, or named twice."""
    given = options.label_col
    items = [given] if isinstance(given, str) else list(given or ())
    names = [name for item in items for name in ([item] if item in header else _parts(item))]
    if len(names) < 2:
        return []
    for name in names:
        if header.count(name) != 1 or names.count(name) != 1:
            got = "is not there" + nearest(name, header) if name not in header else "is there, or is named, twice"
            raise CohortError(
                f"reading the table {table}: the column {name!r} of --label-col {got}; its columns: {', '.join(header)}"
            )
    return names


def _parts(item: str) -> list[str]:
    return [part.strip() for part in item.split(",") if part.strip()]


def read_answers(
    columns: Sequence[Sequence[str | None]], names: Sequence[str], numbers: Sequence[int], place: Path
) -> list[Answers]:
    """The cells of label columns, one tuple a row. ``numbers`` of the rows, for errors.

    Raises ``CohortError`` (file, row, column, value) for a cell that is neither yes, no nor unknown.
    """
    rows = []
    for number, cells in zip(numbers, zip(*columns, strict=True), strict=True):
        rows.append(tuple(_answer(cell, name, number, place) for cell, name in zip(cells, names, strict=True)))
    return rows


def _answer(cell: str | None, name: str, number: int, place: Path) -> bool | None:
    word = (cell or "").strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    if word in _UNKNOWN:
        return None
    raise CohortError(
        f"reading {place}: row {number} of the label {name!r} holds {cell!r}; with several labels each is 1 or 0 (yes, "
        "no; true, false; positive, negative), and empty, -1 or uncertain where it is not known"
    )


def told(answers: Answers, names: Sequence[str]) -> str | None:
    """What a case has, as text; ``None`` where all is unknown."""
    if all(answer is None for answer in answers):
        return None
    had = [name if answer else f"{name}?" for name, answer in zip(names, answers, strict=True) if answer is not False]
    return ", ".join(had) or "none"


def refuse_class_options(options: CohortOptions) -> None:
    """Options about the classes of one label have no meaning for several."""
    for flag, given in (
        ("--label-map", options.label_map),
        ("--positive", options.positive),
        ("--order", options.order),
    ):
        if given:
            raise CohortError(
                f"reading labels: {flag} is about the classes of one label, and here each case has several; leave it "
                "out, or name one column with --label-col"
            )


def targets_of(table: pd.DataFrame) -> NDArray[np.float64]:
    """(n, labels) of 0, 1 and NaN; no columns where a case has one label."""
    return table[[name for name in table.columns if str(name).startswith(PREFIX)]].to_numpy(dtype=np.float64)
