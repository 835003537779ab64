"""May I rely on a single answer? The gate, the sets, the probabilities and the cuts, as sentences, tables, drawings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.consistency import consistency
from medgraft.use.report.figures.decision import decision
from medgraft.use.report.figures.figure import Figure
from medgraft.use.report.figures.selective import selective
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.trust_words import recalibration_sentences, trust_sentences
from medgraft.use.report.wording import UNKNOWN, clip, count, decimal, interval, percent, split_name

__all__ = ["TrustView", "trust_view"]


@dataclass(frozen=True)
class TrustView:
    """In this order."""

    sentences: list[str]
    tables: list[Table]
    figures: list[Figure]


def trust_view(run: Artefacts) -> TrustView | None:
    """Of the main part, and side by side of the others; ``None`` where the run does not know."""
    splits = {name: entry for name in run.judged if isinstance(entry := run.trust.get("splits", {}).get(name), Mapping)}
    if not splits:
        return None
    main = next(iter(splits))
    entry, learnt = splits[main], run.trust.get("learnt") or {}
    sentences = trust_sentences(learnt, main, entry)
    for name, one in splits.items():
        sentences += [f"{split_name(name)}. {said}" for said in recalibration_sentences(one.get("recalibration"))]
    tables = [_operating(main, entry), _bounds(run, entry), _labels(entry), _parts(splits)]
    drawn = [draw(main, entry) for draw in (consistency, selective, decision)]
    return TrustView(sentences, [one for one in tables if one is not None], [one for one in drawn if one is not None])


def _cell(entry: Mapping[str, Any] | None, text: Any = decimal) -> Cell:
    if not entry or entry.get("value") is None:
        return Cell(UNKNOWN)
    return Cell(text(entry["value"]), interval(dict(entry)))


def _operating(part: str, entry: Mapping[str, Any]) -> Table | None:
    """Demands and what came of them; predictive values of the run's own cut."""
    rows = [
        Row(
            f"{item['demand']['of'].capitalize()} of at least {percent(item['demand']['least'], 0)}",
            [Cell(decimal(item["sensitivity"]["threshold"])), _cell(item["sensitivity"]), _cell(item["specificity"])],
        )
        for item in entry.get("operating") or []
    ]
    if not rows:
        return None
    note = (
        f"{split_name(part)}. Cuts were chosen on cases that the model has not learnt from and that are none of these; "
        "95 % intervals are Clopper and Pearson’s, over the effective number of cases."
    )
    values = entry.get("predictive_values")
    if values:
        told = [
            f"{name.upper()} {decimal(values[name]['value'])} ({interval(values[name])})" for name in ("ppv", "npv")
        ]
        note += f" At the run’s own cut and a prevalence of {percent(values['prevalence'])}: {', '.join(told)}."
    heads = [Cell("Cut"), Cell("Sensitivity"), Cell("Specificity")]
    return Table("Operating points", "Demanded", heads, rows, note)


def _bounds(run: Artefacts, entry: Mapping[str, Any]) -> Table | None:
    """Coverage by the classes that share a bound."""
    sets = entry.get("sets")
    if not sets:
        return None
    rows = []
    for item in sets["by_bound"]:
        names = ", ".join(clip(run.labels[place], 40) for place in item["classes"])
        band = f"{percent(item['band'][0])} to {percent(item['band'][1])}"
        cells = [Cell(count(item["coverage"]["n"])), _cell(item["coverage"], percent), Cell(band)]
        rows.append(Row(names, [*cells, Cell(count(item["calibrated_on"]))]))
    heads = [Cell("Cases"), Cell("Sets with the truth"), Cell("Chance allows"), Cell("Patients that set the bound")]
    note = (
        f"Asked for: {percent(1 - sets['alpha'], 0)}. Chance allows: where the share lies in 95 of 100 calibrations of "
        "that many patients, among as many new ones as here."
    )
    return Table("Do sets of labels hold the truth?", "Class", heads, rows, note)


def _labels(entry: Mapping[str, Any]) -> Table | None:
    """One row a label, where a case has several."""
    each = entry.get("per_label")
    if not each:
        return None
    rows = []
    for name, item in list(each.items())[:100]:
        error, sets = item["calibration"], item.get("sets")
        band = f"{decimal(error['null_low'])} to {decimal(error['null_high'])}"
        covered = _cell(sets["coverage"], percent) if sets else Cell(UNKNOWN)
        rows.append(Row(clip(name, 60), [Cell(count(error["n"])), Cell(decimal(error["ece"])), Cell(band), covered]))
    heads = [Cell("Known"), Cell("Calibration error"), Cell("By chance alone"), Cell("Sets with the truth")]
    return Table("Each label", "Label", heads, rows)


def _parts(splits: Mapping[str, Mapping[str, Any]]) -> Table | None:
    """All parts side by side, where there are several."""
    if len(splits) < 2:
        return None
    rows = []
    for name, entry in splits.items():
        gate, error, sets = entry.get("gate"), entry.get("calibration"), entry.get("sets")
        rows.append(
            Row(
                split_name(name),
                [
                    _cell(gate["refused"], percent) if gate else Cell(UNKNOWN),
                    _cell(sets["coverage"], percent) if sets else Cell(UNKNOWN),
                    Cell(decimal(sets["mean_size"], 2)) if sets else Cell(UNKNOWN),
                    Cell(decimal(error["ece"]), f"chance: to {decimal(error['null_high'])}")
                    if error
                    else Cell(UNKNOWN),
                ],
            )
        )
    heads = [Cell("Refused"), Cell("Sets with the truth"), Cell("Labels a set"), Cell("Calibration error")]
    return Table("By part of the data", "Part", heads, rows, "A dash: its cases were used to set it up.")
