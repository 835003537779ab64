"""What transfer gained: beside what hand-crafted features and a network from scratch reach on the same cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, decimal, interval, seconds

__all__ = ["ComparisonView", "comparison_view"]

_COLUMNS = ("AUROC, test", "Gain, test", "AUROC, cross-validated", "Gain, cross-validated", "Time")
_NAMES = {"classical": "Hand-crafted features", "scratch": "The same network from scratch"}


@dataclass(frozen=True)
class ComparisonView:
    """Sentences, and one row a comparator."""

    sentences: list[str]
    table: Table


def comparison_view(run: Artefacts) -> ComparisonView | None:
    """``None`` where nothing was compared."""
    entries = [item for item in run.comparison.get("comparators") or [] if isinstance(item, Mapping)]
    if not entries:
        return None
    note = (
        "Gain: AUROC of this run less that of the comparator on the same cases, with a paired 95 % interval over "
        "patients (over cases, where patients are unknown). Comparators learnt from the same training cases."
    )
    table = Table("Without a source task", "Comparator", [Cell(name) for name in _COLUMNS], [*map(_row, entries)], note)
    return ComparisonView([_sentence(item) for item in entries], table)


def _sentence(item: Mapping[str, Any]) -> str:
    """What the larger of the two samples says."""
    name = _NAMES.get(str(item.get("name")), clip(item.get("name"), 40))
    where = "cross-validation" if item.get("cv") else "the test cases"
    found = item.get("cv") or item.get("test")
    if not isinstance(found, Mapping):
        return f"{name}: the test cases are of one class, so that nothing can be compared."
    gain = found["gain"]
    told = f"{decimal(gain['value'])} ({decimal(gain['low'])} to {decimal(gain['high'])}) in AUROC on {where}"
    if gain["low"] > 0:
        return f"{name}: transfer gained {told}."
    if gain["high"] < 0:
        return f"{name}: transfer lost {told}. Use what needs no source task."
    return f"{name}: no gain of transfer can be told from chance, {told}."


def _row(item: Mapping[str, Any]) -> Row:
    cells = []
    for part in ("test", "cv"):
        found = item.get(part)
        if isinstance(found, Mapping):
            cells += [Cell(decimal(found["theirs"])), Cell(decimal(found["gain"]["value"]), interval(found["gain"]))]
        else:
            cells += [Cell(UNKNOWN), Cell(UNKNOWN)]
    name = _NAMES.get(str(item.get("name")), clip(item.get("name"), 40))
    return Row(f"{name} · {clip(item.get('strategy'), 40)}", [*cells, Cell(seconds(item.get("seconds")))])
