"""The page of ``medgraft track``: the course of one patient as figures and tables, with the rule and its thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgraft.files import read_json, write_text
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.templating import draw_inert
from medgraft.use.report.wording import UNKNOWN, clip, decimal

__all__ = ["Chart", "Line", "Mark", "change_text", "course_chart", "follow_up_tables", "render_follow_up"]

CHART_SIZE = (640, 320)
"""Width and height of a figure in its SVG's pixels."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 16, 40
_LEAST_REACH = 40.0
"""Percent: a figure shows this much at least, so that noise does not look like a course."""
_SERIES = 8


@dataclass(frozen=True)
class Mark:
    """A point at ``x``, ``y``; ``high`` and ``low`` are the ends of its error bar, where there is one."""

    x: float
    y: float
    told: str
    high: float | None = None
    low: float | None = None


@dataclass(frozen=True)
class Line:
    """``marks`` in order of time; ``series`` is its colour, 1 to 8."""

    name: str
    series: int
    marks: tuple[Mark, ...]

    @property
    def path(self) -> str:
        """The corners of the line, for SVG."""
        return " ".join(f"{mark.x},{mark.y}" for mark in self.marks)


@dataclass(frozen=True)
class Chart:
    """Everything in pixels: ``levels`` are thresholds, ``rows`` and ``columns`` the ticks, each with its text."""

    title: str
    lines: tuple[Line, ...]
    levels: tuple[tuple[float, str], ...]
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]
    size: tuple[int, int] = CHART_SIZE


def render_follow_up(folder: Path) -> Path:
    """Write ``follow-up.html`` into ``folder``, which holds ``follow-up.json``; returns its path."""
    content = read_json(folder / "follow-up.json")
    rule, days = content["rule"], content["days"]
    sizes = {
        one["label"]: [
            (row["size_change_percent"], row["size_error_percent"] if place else None)
            for place, row in enumerate(one["measurements"])
        ]
        for one in content["structures"]
    }
    targets = {"sum of the targets": [(row["change_percent"], None) for row in content["overall"]]}
    levels = {f"PR {rule['partial_percent']:g} %": rule["partial_percent"]}
    levels[f"PD +{rule['progression_percent']:g} %, from the smallest"] = rule["progression_percent"]
    told = {
        "title": f"Follow-up over {days[-1]} days",
        "statement": content["statement"],
        "course": [f"day {row['day']}: {row['response']}" for row in content["overall"]],
        "rule": rule["told"],
        "notes": content["notes"],
        "charts": [
            course_chart("Change of the targets' sum from the first study, %", days, targets, levels),
            course_chart("Change of each structure's size from the first study, %", days, sizes, {}),
        ],
        "tables": follow_up_tables(content),
        "pictures": None,
    }
    write_text(folder / "follow-up.html", draw_inert("follow-up.html", told))
    return folder / "follow-up.html"


def course_chart(
    title: str,
    days: Sequence[int],
    changes: Mapping[str, Sequence[tuple[float | None, float | None]]],
    levels: Mapping[str, float],
) -> Chart:
    """Percent over days. ``changes``: by name, (change, error) a study; what is not known has no mark."""
    known = [
        value + sign * (error or 0.0)
        for values in changes.values()
        for value, error in values
        if value is not None
        for sign in (-1, 1)
    ]
    low, high = min([0.0, *known, *levels.values()]), max([0.0, *known, *levels.values()])
    room = max((high - low) * 0.06, (_LEAST_REACH - (high - low)) / 2)
    low, high = low - room, high + room
    width, height = CHART_SIZE

    def across(day: float) -> float:
        return round(_LEFT + (width - _LEFT - _RIGHT) * (day / days[-1] if days[-1] else 0.5), 1)

    def up(percent: float) -> float:
        return round(_TOP + (height - _TOP - _BOTTOM) * (high - percent) / (high - low), 1)

    lines = []
    for number, (name, values) in enumerate(changes.items()):
        marks = [
            Mark(
                across(day),
                up(value),
                f"{clip(name)}, day {day}: {change_text(value, error)}",
                None if error is None else up(value + error),
                None if error is None else up(value - error),
            )
            for day, (value, error) in zip(days, values, strict=True)
            if value is not None
        ]
        lines.append(Line(clip(name), 1 + number % _SERIES, tuple(marks)))
    step = _step(high - low)
    ticks = [step * place for place in range(int(low // step) + 1, int(high // step) + 1)]
    return Chart(
        title,
        tuple(lines),
        tuple((up(value), name) for name, value in levels.items()),
        tuple((up(tick), decimal(tick, 0)) for tick in ticks),
        tuple((across(day), str(day)) for day in dict.fromkeys(days)),
    )


def _step(reach: float) -> float:
    """Between ticks: 1, 2 or 5 times a power of ten, so that there are at most eight of them."""
    power = 10.0 ** math.floor(math.log10(reach / 8))
    return next(power * times for times in (1, 2, 5, 10) if reach / (power * times) <= 8)


def change_text(change: float | None, error: float | None) -> str:
    """``+12.3 % ± 8.0``, the error where it is known."""
    if change is None:
        return UNKNOWN
    sign = "+" if round(change, 1) > 0 else ""
    text = f"{sign}{decimal(change, 1)} %"
    return text if error is None else f"{text} ± {decimal(error, 1)}"


def follow_up_tables(content: Mapping[str, Any]) -> list[Table]:
    """The targets in all, then each structure, and the lesions of those that have several."""
    unit = content["rule"]["unit"]
    rows = [
        Row(
            f"Day {row['day']}",
            [
                Cell(decimal(row["target_sum"], 1)),
                Cell(change_text(row["change_percent"], None)),
                Cell(change_text(row["change_from_smallest_percent"], None)),
                Cell("yes" if row["new_lesion"] else "no"),
                Cell(row["response"]),
            ],
        )
        for row in content["overall"]
    ]
    heads = [f"Sum, {unit}", "From the first", "From the smallest", "New lesion", "Category"]
    tables = [Table("All targets", "", [Cell(head) for head in heads], rows)]
    for one in content["structures"]:
        tables.append(_sizes(one))
        if one["lesions"]:
            tables.append(_lesions(one, content["days"]))
    return tables


def _sizes(one: Mapping[str, Any]) -> Table:
    flat = any(row["area_mm2"] is not None for row in one["measurements"])
    key, unit = ("area_mm2", "mm²") if flat else ("volume_ml", "mL")
    judged = {True: "beyond the error", False: "within the error", None: ""}
    rows = [
        Row(
            f"Day {row['day']}",
            [
                Cell(decimal(row[key], 2)),
                Cell(change_text(row["size_change_percent"], row["size_error_percent"]), judged[row["beyond_error"]]),
                Cell(decimal(row["diameter_mm"], 1)),
                Cell(change_text(row["diameter_change_percent"], None)),
                Cell(str(row["parts"])),
                Cell(row["response"]),
            ],
        )
        for row in one["measurements"]
    ]
    heads = [f"Size, {unit}", "Change", "Longest diameter, mm", "Change", "Parts", "Category"]
    note = "± is the repeatability: two measurements of one thing differ by less in 95 of 100 cases."
    return Table(clip(one["label"], 60), "", [Cell(head) for head in heads], rows, note)


def _lesions(one: Mapping[str, Any], days: Sequence[int]) -> Table:
    rows = [
        Row(
            f"Lesion {lesion['lesion']}",
            [_lesion(seen) for seen in lesion["seen"]],
            "target" if lesion["target"] else "",
        )
        for lesion in one["lesions"]
    ]
    heads = [Cell(f"Day {day}") for day in days]
    note = "Longest diameter in mm, and below it the volume in mL or the area in mm²."
    return Table(f"Lesions of {clip(one['label'], 50)}", "", heads, rows, note)


def _lesion(seen: Mapping[str, Any]) -> Cell:
    if not seen["voxels"]:
        return Cell("gone")
    size = seen["volume_ml"] if seen["volume_ml"] is not None else seen["area_mm2"]
    return Cell(decimal(seen["diameter_mm"], 1), decimal(size, 2))
