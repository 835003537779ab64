"""How the model was chosen where a budget was given: what was tried, what it cost, what it gained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, count, counted, decimal, interval, seconds

__all__ = ["LadderView", "ladder_view"]

_COLUMNS = ("AUROC", "To the best", "Folds", "Time", "Parameters", "A picture")


@dataclass(frozen=True)
class LadderView:
    """Sentences, and one row a candidate."""

    sentences: list[str]
    table: Table


def ladder_view(run: Artefacts) -> LadderView | None:
    """``None`` where nothing was chosen."""
    ladder = run.ladder
    candidates = [item for item in ladder.get("candidates") or [] if isinstance(item, Mapping)]
    if not candidates:
        return None
    rows = [_row(item) for item in candidates]
    folds, cases = count(ladder.get("folds")), count(ladder.get("cases"))
    note = (
        f"AUROC over the same {folds} patient-grouped folds of {cases} training and validation cases; differences are "
        "paired, with 95 % intervals over patients. The chosen one is the smallest and fastest of those that are as "
        "good as the best. Its own value is a little too good, as it was picked by it; the test cases took no part."
    )
    table = Table("What was tried", "Source · strategy", [Cell(name) for name in _COLUMNS], rows, note)
    return LadderView([*_told(ladder, candidates)], table)


def _told(ladder: Mapping[str, Any], candidates: list[Mapping[str, Any]]) -> list[str]:
    """What came of it, in words."""
    spent, budget = seconds(ladder.get("spent_seconds")), seconds(ladder.get("budget_seconds"))
    tried = counted(len(candidates), "candidate")
    told = [
        f"{tried} in {spent} of a budget of {budget}; {clip(ladder.get('ended'), 80)}.",
        f"{clip(ladder.get('chosen'), 120)} was chosen.",
    ]
    ties = [str(item["name"]) for item in candidates if item.get("ties_with_best") and item["status"] != "chosen"]
    if ties:
        told.append(f"As good as the best, as far as these cases can tell: {clip(', '.join(ties), 300)}.")
    for item in candidates:
        if item.get("source") == "classical" and item.get("to_best") and item["status"] != "chosen":
            gap = item["to_best"]
            told.append(
                f"Hand-crafted features without any source task are at {decimal(gap['value'])} "
                f"({decimal(gap['low'])} to {decimal(gap['high'])}) to the best: that is what transfer gained."
            )
    left_out = ladder.get("left_out") or {}
    if isinstance(left_out, Mapping):
        told += [f"Not tried: {clip(name, 80)}: {clip(reason, 200)}" for name, reason in left_out.items()]
    return told


def _row(item: Mapping[str, Any]) -> Row:
    auroc, gap = item.get("auroc"), item.get("to_best")
    each = item.get("seconds_a_picture")
    status = str(item.get("status", ""))
    hint = status if status in ("chosen", "complete") else f"{status}: {item.get('reason', '')}"
    return Row(
        clip(item.get("name"), 120),
        [
            Cell(decimal(auroc["value"]), interval(auroc)) if auroc else Cell(UNKNOWN),
            Cell(decimal(gap["value"]), interval(gap)) if gap and gap["value"] else Cell(UNKNOWN),
            Cell(count(item.get("folds"))),
            Cell(seconds(item.get("seconds"))),
            Cell(count(item.get("parameters"))),
            Cell(f"{1000 * float(each):.1f} ms" if each is not None else UNKNOWN),
        ],
        "" if hint == "complete" else clip(hint, 200),
        status == "chosen",
    )
