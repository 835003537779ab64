"""What the run answers when pictures get worse: which corruption hurts most, and a row for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, counted, decimal, humane, percent, split_name

__all__ = ["RobustnessView", "robustness_sentences", "robustness_view"]

_NOTE = (
    "Accuracy at the run’s own cuts, at severity 0 (as it is) and 1 to 5. Lost: 1 − mean accuracy over the five "
    "severities / accuracy as it is. 95 % intervals over patients (over cases, where patients are unknown), paired: "
    "the same cases at every severity. Corruptions are simulated; a real scanner may do other things."
)
_NOTE_OF_OUTLINES = (
    "Mean Dice at severity 0 (as it is) and 1 to 5. Lost: 1 − mean Dice over the five severities / Dice as it is. 95 % "
    "intervals over patients (over cases, where patients are unknown), paired: the same cases at every severity. "
    "Corruptions that move the picture are left out. They are simulated; a real scanner may do other things."
)

_KINDS = {
    "unknown": "any picture",
    "radiograph": "radiographs",
    "ct": "CT",
    "mr": "MR",
    "pet": "PET",
    "ultrasound": "ultrasound",
    "fundus": "pictures of the fundus",
    "microscopy": "microscopy",
    "photograph": "photographs",
}


@dataclass(frozen=True)
class RobustnessView:
    """Sentences, and one row a corruption."""

    sentences: list[str]
    table: Table


def robustness_view(run: Artefacts) -> RobustnessView | None:
    """``None`` where nobody asked."""
    told = run.robustness
    if not told:
        return None
    columns = [Cell(str(severity)) for severity in range(len(told["mean"]["accuracy"]))] + [Cell("Lost")]
    rows = [_row("Mean of all", told["mean"], strong=True)]
    rows += [_row(humane(item["name"]), item, str(item["summary"])) for item in _by_drop(told)]
    note = _NOTE if _measure(told) == "accuracy" else _NOTE_OF_OUTLINES
    return RobustnessView(robustness_sentences(told), Table("Worse pictures", "Corruption", columns, rows, note))


def robustness_sentences(told: Mapping[str, Any]) -> list[str]:
    """What hurts most, by the content of ``robustness.json``; also for the terminal."""
    mean, worst = told["mean"], _by_drop(told)[0]
    start = mean["accuracy"][0]
    who = f"{counted(start['n'], 'case')} of {split_name(str(told['split']))}"
    if start["n"] < told["cases"]:
        who += f" (of {told['cases']}, drawn by patient)"
    fall = f"from {decimal(start['value'])} to {decimal(_level(mean))} on average ({_lost(mean['drop'])})"
    what = _measure(told)
    ways = counted(len(told["corruptions"]), "way")
    sentences = [f"{who}, spoilt in {ways} that can happen to {_KINDS[told['modality']]}: {what} goes {fall}."]
    if worst["drop"]["value"] is None:
        return [*sentences, "Nothing is right as it is, so that nothing can be lost."]
    name = humane(worst["name"])
    if worst["drop"]["low"] is not None and worst["drop"]["low"] > 0:
        end = worst["accuracy"][-1]["value"]
        hurts = f"{name[:1].upper()}{name[1:]} hurts most: {what} {decimal(end)} at its worst ({_lost(worst['drop'])})."
    else:
        hurts = f"No corruption lowers {what} beyond chance, as far as these cases can tell."
    return [*sentences, hurts]


def _measure(told: Mapping[str, Any]) -> str:
    """What the curves are of, in a sentence."""
    return "Dice" if told.get("measure") == "dice" else "accuracy"


def _by_drop(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The corruptions, the worst first; those whose drop is not defined as they come."""
    return sorted(told["corruptions"], key=lambda item: -(item["drop"]["value"] or 0.0))


def _level(curve: Mapping[str, Any]) -> float:
    """Mean accuracy over the severities."""
    values = [one["value"] for one in curve["accuracy"][1:]]
    return float(sum(values) / len(values))


def _lost(drop: Mapping[str, Any]) -> str:
    """``lost: 12.3 %, 95 % interval 8.0 % to 17.1 %``."""
    if drop["value"] is None or drop["low"] is None:
        return f"lost: {percent(drop['value'])}"
    return f"lost: {percent(drop['value'])}, 95 % interval {percent(drop['low'])} to {percent(drop['high'])}"


def _row(title: str, curve: Mapping[str, Any], hint: str = "", *, strong: bool = False) -> Row:
    drop = curve["drop"]
    span = UNKNOWN if drop["low"] is None else f"{percent(drop['low'])} to {percent(drop['high'])}"
    cells = [
        Cell(decimal(one["value"]), f"{decimal(one['low'])} to {decimal(one['high'])}") for one in curve["accuracy"]
    ]
    return Row(title, [*cells, Cell(percent(drop["value"]), span)], clip(hint, 120), strong)
