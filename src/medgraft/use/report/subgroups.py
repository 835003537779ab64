"""The numbers by group of cases: sex, age band, site, device, or whatever column was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import (
    METRICS,
    UNKNOWN,
    clip,
    count,
    counted,
    decimal,
    interval,
    listing,
    p_value,
    split_name,
)

__all__ = ["SubgroupView", "subgroup_view"]

_SHOWN = ("auroc", "accuracy", "sensitivity", "specificity")


@dataclass(frozen=True)
class SubgroupView:
    """Sentences, and a table a column and part of the data."""

    sentences: list[str]
    tables: list[Table]


def subgroup_view(run: Artefacts) -> SubgroupView | None:
    """``None`` where no column was asked about."""
    splits = {str(name): one for name, one in (run.subgroups.get("splits") or {}).items() if isinstance(one, Mapping)}
    if not splits:
        return None
    told = [sentence for split, one in splits.items() for sentence in _told(split, one)]
    tables = [_table(split, column) for split, one in splits.items() for column in one.get("columns") or []]
    return SubgroupView(told, [table for table in tables if table.rows])


def _told(split: str, one: Mapping[str, Any]) -> list[str]:
    """How many comparisons were made, which differences stay, and what was left out."""
    tests = int(one.get("comparisons") or 0)
    by_chance = f"about {tests / 20:.1f} of them would come out below 0.05 by chance alone"
    told = [
        f"{split_name(split)}: {counted(tests, 'comparison')} of a group with the rest; {by_chance}." if tests else ""
    ]
    differing = [
        f"{METRICS[metric][0]} in {clip(column['column'], 30)} = {clip(row['group'], 40)} "
        f"({decimal(entry['difference'])}, {p_value(float(entry['p_holm']))})"
        for column in one.get("columns") or []
        for row in column["groups"]
        for metric, entry in row["differences"].items()
        if entry.get("p_holm") is not None and entry["p_holm"] < 0.05
    ]
    if differing:
        told.append(
            f"{split_name(split)}: different from the rest, after Holm's correction: {listing(differing, length=120)}."
        )
    elif tests:
        told.append(
            f"{split_name(split)}: no group differs from the rest by more than chance, after Holm's correction. With "
            "few cases a large difference can stay hidden: see the intervals."
        )
    for column in one.get("columns") or []:
        left = []
        if column.get("unknown"):
            left.append(f"{counted(column['unknown'], 'case')} of unknown {clip(column['column'], 30)}")
        if column.get("too_few"):
            left.append(f"{counted(column['too_few'], 'group')} of fewer than five patients, not shown")
        if left:
            told.append(f"{split_name(split)}, {clip(column['column'], 30)}: {' and '.join(left)}.")
    return [sentence for sentence in told if sentence]


def _table(split: str, column: Mapping[str, Any]) -> Table:
    """Rows are groups: sizes, metrics with intervals, and the difference to the rest with its adjusted p."""
    groups: Sequence[Mapping[str, Any]] = column["groups"]
    shown = [metric for metric in _SHOWN if any(metric in row["metrics"] for row in groups)]
    tested = [metric for metric in _SHOWN if any(metric in row["differences"] for row in groups)]
    rows = []
    for row in groups:
        few = row.get("few_events") or []
        hint = f"few events: {listing(few, length=30)}" if few else ""
        sizes = Cell(
            count(row["n"]), counted(row["n_patients"], "patient") if row.get("n_patients") is not None else ""
        )
        cells = [sizes, *(_value(row["metrics"].get(metric)) for metric in shown)]
        rows.append(
            Row(clip(row["group"], 60), [*cells, *(_gap(row["differences"].get(metric)) for metric in tested)], hint)
        )
    heads = [Cell("Cases"), *(Cell(METRICS[metric][0]) for metric in shown)]
    heads += [Cell(f"{METRICS[metric][0]}: to the rest") for metric in tested]
    note = (
        "“Few events”: fewer than ten patients of a class, its numbers are rough. To the rest: the difference to all "
        "other cases, its 95 % interval and p by Holm over all comparisons; cases of a patient count together."
    )
    return Table(f"{split_name(split)} by {clip(column['column'], 60)}", clip(column["column"], 40), heads, rows, note)


def _value(entry: Mapping[str, Any] | None) -> Cell:
    return Cell(decimal(entry.get("value")), interval(entry)) if entry else Cell(UNKNOWN)


def _gap(entry: Mapping[str, Any] | None) -> Cell:
    if entry is None or entry.get("difference") is None:
        return Cell(UNKNOWN)
    p = entry.get("p_holm")
    told = f"; {p_value(float(p))}" if p is not None else ""
    return Cell(decimal(entry["difference"]), f"{interval(entry)}{told}")
