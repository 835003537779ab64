"""Measures by part of the data and by class, and the parts of the split, as plain tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.located.measures import measure_of, measured, spread, unit_of
from medgraft.use.report.tables import Cell, Row, Table, placed
from medgraft.use.report.wording import UNKNOWN, clip, count, counted, split_name

__all__ = ["estimate_cell", "measure_table", "parts_table", "per_class_table", "told_measures"]

_MOST_CLASSES = 100


def told_measures(run: Artefacts, order: Sequence[str]) -> list[str]:
    """The measures that some judged split has a value of, in the given order; the rest is in ``metrics.json``."""
    return [
        name
        for name in order
        if any((run.estimate(split, name) or {}).get("value") is not None for split in run.judged)
    ]


def estimate_cell(run: Artefacts, name: str, entry: Mapping[str, Any] | None) -> Cell:
    """Value over interval; a dash where the value is not defined."""
    unit = unit_of(run, measure_of(name))
    return Cell(measured((entry or {}).get("value"), unit), spread(entry, unit))


def measure_table(run: Artefacts, names: Sequence[str], note: str) -> Table:
    """Measures × judged splits."""
    columns = []
    for split in run.judged:
        entry = next((found for name in names if (found := run.estimate(split, name))), {})
        patients = entry.get("n_patients")
        who = counted(patients, "patient") if patients is not None else "patients unknown"
        columns.append(Cell(split_name(split), f"{counted(entry.get('n'), 'case')}, {who}"))
    rows = [
        Row(
            measure_of(name).title,
            [estimate_cell(run, name, run.estimate(split, name)) for split in run.judged],
            measure_of(name).hint,
            place == 0,
        )
        for place, name in enumerate(names)
    ]
    return Table("Measures by part of the data", "Measure", columns, rows, f"95 % intervals below each value. {note}")


def per_class_table(
    run: Artefacts, names: Sequence[str], extra: Mapping[str, Sequence[Cell]], heads: Sequence[Cell]
) -> Table:
    """One row a class of the main split: ``extra`` cells by class under ``heads`` first, then the measures."""
    found = run.metrics.get(run.main or "", {}).get("per_class") or {}
    labels = [label for label in run.labels if label in found]
    rows = [
        Row(
            clip(label, 60),
            [
                *extra.get(label, [Cell(UNKNOWN)] * len(heads)),
                *[estimate_cell(run, n, found[label].get(n)) for n in names],
            ],
        )
        for label in labels[:_MOST_CLASSES]
    ]
    note = f"{split_name(run.main or '')}; 95 % intervals below each value."
    if len(labels) > _MOST_CLASSES:
        note += f" {count(len(labels) - _MOST_CLASSES)} more classes stand in metrics.json."
    return Table("Each class", "Class", [*heads, *[Cell(measure_of(name).title) for name in names]], rows, note)


def parts_table(run: Artefacts, held: pd.DataFrame, what: str) -> Table:
    """Cases and patients by part of the split, and how much of each class they hold.

    ``held`` has a row a case and label, ``case_id label count``; a part of which a case is not in ``held`` gets a dash.
    ``what`` heads these rows: ``cases with``, ``boxes of``.
    """
    table = placed(run)
    parts = [part for part in ("train", "val", "test", "left out") if (table["part"] == part).any()]
    inside = [*[table[table["part"] == part] for part in parts], table]
    rows = [
        Row("Cases", [Cell(count(len(one))) for one in inside], strong=True),
        Row(
            "Patients",
            [
                Cell(count(one["patient_id"].nunique()) if one["patient_id"].notna().all() else UNKNOWN)
                for one in inside
            ],
        ),
    ]
    told = set(held["case_id"])
    for label in run.labels[:_MOST_CLASSES]:
        sums = held[held["label"] == label].groupby("case_id")["count"].sum()
        cells = []
        for one in inside:
            cases = one["case_id"].astype(str)
            total = int(sums.reindex(cases).fillna(0).sum())
            cells.append(Cell(count(total) if told.issuperset(cases) else UNKNOWN))
        rows.append(Row(f"{what} {clip(label, 50)}", cells))
    heads = [Cell("Left out" if part == "left out" else split_name(part)) for part in parts]
    return Table("Cases by part of the split", "", [*heads, Cell("All")], rows)
