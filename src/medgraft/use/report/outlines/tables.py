"""The tables of a report of outlines: groups of cases, empty outlines, sizes, and what the outlines look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from medgraft.measure.segmentation.agreement import Limits
from medgraft.use.report.findings import Finding
from medgraft.use.report.located.measures import between, measured, spread, three_digits
from medgraft.use.report.located.tables import estimate_cell
from medgraft.use.report.outlines.grouped import Group
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, count, counted, humane, percent, split_name

__all__ = [
    "empty_table",
    "held_cases",
    "measurement_table",
    "odd_ones",
    "site_dice_table",
    "size_dice_table",
    "statistics_table",
    "volume_table",
]

_MOST_CLASSES, _MOST_ODD = 100, 100
_EMPTY = {
    "neither": ("Both drawn", "neither is empty"),
    "both": ("Both empty", "rightly nothing drawn"),
    "truth": ("Only the truth empty", "something was made up"),
    "prediction": ("Only the prediction empty", "all was missed"),
}


def site_dice_table(run: OutlineRun, groups: list[Group]) -> Table | None:
    """Sites × classes."""
    if not groups:
        return None
    several = len(run.base.labels) > 1
    labels = run.base.labels[:_MOST_CLASSES] if several else ()
    rows = []
    for group in groups:
        cells = [estimate_cell(run.base, "dice", group.overall)]
        cells += [estimate_cell(run.base, "dice", group.per_class[label]) for label in labels]
        rows.append(Row(clip(group.name, 60), [Cell(count(group.cases)), *cells]))
    heads = [Cell("Cases"), Cell("All classes" if several else "Dice"), *[Cell(clip(label, 30)) for label in labels]]
    note = f"{split_name(run.base.main or '')}; 95 % intervals over patients. A site with one patient has none."
    return Table("Dice by site", "Site", heads, rows, note)


def size_dice_table(run: OutlineRun, groups: Mapping[str, list[Group]]) -> Table | None:
    """Classes × thirds of their cases by true size."""
    shown = [(label, found) for label, found in groups.items() if found][:_MOST_CLASSES]
    if not shown:
        return None
    rows = [
        Row(
            clip(label, 60),
            [
                Cell(
                    measured(one.overall["value"]),
                    f"{spread(one.overall)} · {between(one.low, one.high, run.size_unit)}".removeprefix(" · "),
                )
                for one in found
            ],
        )
        for label, found in shown
    ]
    heads = [Cell(one.name[:1].upper() + one.name[1:]) for one in shown[0][1]]
    note = (
        "Below each value its 95 % interval, and the true sizes of that third. Cases whose truth is empty are in none."
    )
    return Table("Dice by true size", "Class", heads, rows, note)


def empty_table(run: OutlineRun) -> Table | None:
    """How often an outline was empty on the main split; ``None`` where it is not told."""
    found = (run.meta.get("empty") or {}).get(run.base.main or "")
    if not isinstance(found, Mapping) or not found:
        return None
    rows = [
        Row(clip(label, 60), [Cell(count(found[label].get(kind, 0))) for kind in _EMPTY])
        for label in run.base.labels[:_MOST_CLASSES]
        if label in found
    ]
    heads = [Cell(title, hint) for title, hint in _EMPTY.values()]
    note = (
        "Cases. Two empty outlines count as a Dice of 1; one empty outline as 0, and as the diagonal of the picture in "
        "distances."
    )
    return Table("How often nothing was drawn", "Class", heads, rows, note)


def volume_table(run: OutlineRun, found: Mapping[str, Limits]) -> Table | None:
    """Bias and limits of agreement of each class."""
    unit = run.size_unit
    rows = [
        Row(
            clip(label, 60),
            [
                Cell(count(one.bias.n)),
                *[
                    Cell(measured(entry["value"], unit), spread(entry, unit))
                    for entry in (part.to_dict() for part in (one.bias, one.low, one.high))
                ],
            ],
        )
        for label, one in list(found.items())[:_MOST_CLASSES]
    ]
    heads = [Cell("Cases"), Cell("Bias", "predicted less true"), Cell("Lower limit"), Cell("Upper limit")]
    note = "About 95 % of the differences lie between the limits. 95 % intervals over patients below each value."
    return Table("Bias and limits of agreement (Bland–Altman)", "Class", heads, rows, note) if rows else None


def measurement_table(run: OutlineRun) -> Table | None:
    """The error of measurement that following a patient stands on, as the run stored it."""
    found = run.facts.get("measurement_error") or run.facts.get("agreement")
    if not isinstance(found, Mapping) or not found:
        return None
    rows = []
    for label, one in found.items():
        unit = str(one.get("unit") or run.size_unit)
        limits = between(one.get("low"), one.get("high"), unit) or UNKNOWN
        cells = [measured(one.get("bias"), unit), limits, measured(one.get("within_sd"), unit)]
        cells += [percent(one.get("relative_sd"))]
        rows.append(Row(clip(label, 60), [Cell(count(one.get("n"))), *map(Cell, cells)]))
    heads = [Cell("Cases"), Cell("Bias"), Cell("Limits of agreement")]
    heads += [Cell("Standard deviation", "of the differences"), Cell("In per cent", "of the size")]
    where = " of the validation cases" if run.facts.get("measurement_error") else ""
    note = f"Differences{where}. A change from one study to the next that is within the limits is not shown to be one."
    return Table("Error of one measurement", "Class", heads, rows, note)


def statistics_table(run: OutlineRun) -> Table | None:
    """What the true outlines of the cohort look like, as the run stored it."""
    found = run.facts.get("statistics")
    if not isinstance(found, Mapping) or not found:
        return None
    names = list(dict.fromkeys(key for one in found.values() for key in one))
    rows = [
        Row(clip(label, 60), [Cell(_fact(name, one.get(name))) for name in names])
        for label, one in list(found.items())[:_MOST_CLASSES]
    ]
    heads = [Cell(humane(str(name)).capitalize()) for name in names]
    return Table("True outlines in the cohort", "Class", heads, rows)


def _fact(name: str, value: Any) -> str:
    """A statistic in a line: a share as per cent, numbers with three digits."""
    if isinstance(value, Mapping):
        return "; ".join(f"{humane(str(key))} {_fact(name, item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " / ".join(_fact(name, item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNKNOWN if value is None else clip(value, 60)
    if "share" in name:
        return percent(value)
    return count(value) if isinstance(value, int) or value.is_integer() else three_digits(float(value))


def odd_ones(run: OutlineRun) -> Finding | None:
    """Cases whose true outline is unlike the others: to be looked at by a person."""
    found = [one for one in run.facts.get("odd") or [] if isinstance(one, Mapping)]
    if not found:
        return None
    rows = [(str(one.get("case_id")), f"{clip(one.get('label'), 40)}: {clip(one.get('why'), 300)}") for one in found]
    verb = "has" if len(rows) == 1 else "have"
    text = f"{counted(len(rows), 'outline')} {verb} a size, a place or a shape unlike the others. A person should look."
    return Finding(text, "warning", rows[:_MOST_ODD], max(0, len(rows) - _MOST_ODD))


def held_cases(run: OutlineRun) -> pd.DataFrame:
    """A row a case and label, ``case_id label count``: 1 where the truth holds the label."""
    rows = run.cases.drop_duplicates(["case_id", "label"])
    return rows[["case_id", "label"]].assign(count=(rows["volume_true"] > 0).astype(int))
