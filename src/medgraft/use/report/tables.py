"""The report's tables as plain data: a header row and rows of text cells, for the templates to draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from medgraft.measure.estimate import FEW_EVENTS
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import METRICS, UNKNOWN, clip, count, counted, decimal, interval, split_name

__all__ = ["Cell", "Row", "Table", "class_table", "cohort_table", "key_figures", "site_table"]

_MOST_CLASSES = 100
_PER_CLASS = ("sensitivity", "specificity", "precision", "f1", "auroc", "auprc")


@dataclass(frozen=True)
class Cell:
    """``text`` is the value, ``small`` stands under it (an interval)."""

    text: str
    small: str = ""


@dataclass(frozen=True)
class Row:
    """``title`` heads the row, ``hint`` explains it."""

    title: str
    cells: list[Cell]
    hint: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """``columns`` head the cells; ``corner`` heads the titles; ``note`` stands below."""

    caption: str
    corner: str
    columns: list[Cell]
    rows: list[Row] = field(default_factory=list)
    note: str = ""


def _cell(entry: dict[str, Any] | None) -> Cell:
    """Value over interval; a dash where there is none."""
    return Cell(decimal(entry.get("value")), interval(entry)) if entry else Cell(UNKNOWN)


def key_figures(run: Artefacts) -> Table:
    """Metrics × splits with 95 % intervals."""
    splits = run.judged
    columns = []
    for name in splits:
        entry = next((e for m in METRICS if (e := run.estimate(name, m))), {})
        patients = entry.get("n_patients")
        who = counted(patients, "patient") if patients is not None else "patients unknown"
        columns.append(Cell(split_name(name), f"{counted(entry.get('n'), 'case')}, {who}"))
    rows = [
        Row(
            title,
            [_cell(run.estimate(name, metric)) for name in splits],
            hint,
            metric in ("auroc", "accuracy"),
        )
        for metric, (title, hint) in METRICS.items()
        if any(run.estimate(name, metric) for name in splits)
    ]
    note = "95 % intervals below each value."
    if any("few events" in cell.small for row in rows for cell in row.cells):
        note += (
            f" Few events: the number rests on fewer than {FEW_EVENTS} cases of a kind (of a class, errors, false "
            "calls), and its interval may hold the truth less often than in 95 of 100 samples."
        )
    if run.several:
        note += " Values are means over the labels, each over the cases where it is known."
    elif not run.binary:
        note += " With more than two classes, values are means over the classes (AUROC: one against the rest)."
    else:
        note += f" Sensitivity, precision, F1 and AUPRC are about “{clip(run.shown)}”."
    if train := run.estimate("train", "auroc"):
        own = decimal(train.get("value"))
        note += f" On its own training cases the model reaches an AUROC of {own}; that is no measure of quality."
    return Table("Metrics by part of the data", "Metric", columns, rows, note)


def class_table(run: Artefacts) -> Table:
    """One row a class, one against the rest, on the main split."""
    found = run.metrics.get(run.main or "", {}).get("per_class") or {}
    evaluated = run.of_split(run.main).drop_duplicates("case_id")
    counts = run.counts(evaluated)
    names = [name for name in _PER_CLASS if any(name in (entry or {}) for entry in found.values())]
    rows = [
        Row(
            clip(label, 60),
            [
                Cell(count(counts[label])),
                *(_known(run, evaluated, label) if run.several else []),
                *[_cell((found[label] or {}).get(name)) for name in names],
            ],
        )
        for label in run.labels
        if label in found
    ]
    of = "each label where it is known" if run.several else "each class against the rest"
    note = f"{split_name(run.main or '')}; {of}."
    if len(rows) > _MOST_CLASSES:
        note += f" {count(len(rows) - _MOST_CLASSES)} more classes stand in metrics.json."
    return Table(
        "Each label" if run.several else "Each class",
        "Label" if run.several else "Class",
        [
            *map(Cell, ("Positive", "Known", "Unknown") if run.several else ("Cases",)),
            *[Cell(METRICS[name][0]) for name in names],
        ],
        rows[:_MOST_CLASSES],
        note,
    )


def _known(run: Artefacts, rows: pd.DataFrame, label: str) -> list[Cell]:
    """How many cases are known for a label, and how many are not."""
    known = len(run.question(rows, label)[0])
    return [Cell(count(known)), Cell(count(len(rows) - known))]


def placed(run: Artefacts) -> pd.DataFrame:
    """The cohort with the split that was really used in ``part`` (``left out`` where none)."""
    where = {str(case): part for part in ("train", "val", "test") for case in run.split.get(part) or []}
    table = run.cohort.copy()
    table["part"] = table["case_id"].astype(str).map(where).fillna("left out")
    table["class"] = table["label"].astype(object).where(table["label"].notna(), "unlabelled").astype(str)
    return table


def cohort_table(run: Artefacts) -> Table:
    """Classes × parts of the split: cases, and patients below where they are known; labels × parts: cases that have
    it, and below those in which it is known."""
    if run.several:
        return _labelled(run)
    return _crossed(run, "class", "Cases by class and part of the split", "Class")


def site_table(run: Artefacts) -> Table | None:
    """Sites × parts of the split; ``None`` where no site is known."""
    return (
        _crossed(run, "site", "Cases by site and part of the split", "Site")
        if run.cohort["site"].notna().any()
        else None
    )


def _labelled(run: Artefacts) -> Table:
    """Labels × parts of the split."""
    table = placed(run)
    parts = [part for part in ("train", "val", "test", "left out") if (table["part"] == part).any()]
    inside = [*[table[table["part"] == part] for part in parts], table]
    rows = []
    for label in run.labels[:_MOST_CLASSES]:
        columns = [one[f"label:{label}"] for one in inside]
        cells = [Cell(count(int((one == 1).sum())), f"of {count(int(one.notna().sum()))} known") for one in columns]
        rows.append(Row(clip(label, 60), cells))
    everyone = [Cell(count(len(one)), counted(one["patient_id"].nunique(), "patient")) for one in inside]
    rows.append(Row("All cases", everyone, strong=True))
    heads = [Cell(split_name(part) if part != "left out" else "Left out") for part in parts]
    return Table("Cases with each label by part of the split", "Label", [*heads, Cell("All")], rows)


def _crossed(run: Artefacts, by: str, caption: str, corner: str) -> Table:
    """A table of counts, with totals last."""
    table = placed(run)
    table[by] = table[by].astype(object).where(table[by].notna(), "unknown").astype(str)
    parts = [part for part in ("train", "val", "test", "left out") if (table["part"] == part).any()]
    groups = table.groupby([by, "part"], observed=True)
    cases, patients = groups["case_id"].size(), groups["patient_id"].nunique()
    known = [label for label in run.labels if label in set(table[by])] if by == "class" else []
    names = [*known, *sorted(set(table[by]) - set(known))]

    def cell(sizes: Any, people: Any) -> Cell:
        return Cell(count(int(sizes)), counted(int(people), "patient") if people else "")

    def line(name: str) -> list[Cell]:
        inside = table[table[by] == name]
        cells = [cell(cases.get((name, part), 0), patients.get((name, part), 0)) for part in parts]
        return [*cells, cell(len(inside), inside["patient_id"].nunique())]

    rows = [Row(clip(name, 60), line(name)) for name in names[:_MOST_CLASSES]]
    totals = [table[table["part"] == part] for part in parts]
    rows.append(Row("All", [cell(len(t), t["patient_id"].nunique()) for t in [*totals, table]], strong=True))
    columns = [Cell(split_name(part) if part != "left out" else "Left out") for part in parts]
    beyond = len(names) - _MOST_CLASSES
    note = f"{count(beyond)} more rows are not shown." if beyond > 0 else ""
    return Table(caption, corner, [*columns, Cell("All")], rows, note)
