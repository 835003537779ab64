"""Which slices of a volume decided: for some cases, the weight of every slice and the pictures of the weightiest.

Reads ``slices.parquet`` (through the artefacts) and, for pictures, ``private/slices.parquet``; see ``pictures``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.pictures import read_slice_pictures
from medgraft.use.report.wording import clip, decimal

__all__ = ["SliceView", "slice_views"]

_MOST_WRONG, _MOST_RIGHT = 4, 8


@dataclass(frozen=True)
class Weighty:
    """One of the weightiest slices: its number (from 1), its weight as text, its picture as a data URL or ``None``."""

    number: int
    weight: str
    source: str | None


@dataclass(frozen=True)
class SliceView:
    """One case. ``bars``: the weight of each slice that was looked at, as a share of the largest, in order; ``depth``:
    the number of the last one."""

    case_id: str
    true: str
    predicted: str
    probability: str
    bars: list[float]
    numbers: list[int]
    weightiest: list[Weighty]


def slice_views(run: Artefacts, folder: Path, *, images: bool, budget: int) -> list[SliceView]:
    """The most certain mistakes of the main split, then cases of the shown class that were found, surest first."""
    if run.slices.empty or run.main is None:
        return []
    rows = run.main_rows
    rows = rows.assign(shown=run.probability(rows)[:, run.labels.index(run.shown)])
    rows = rows.sort_values(["shown", "case_id"], ascending=[False, True], kind="stable")
    wrong = rows[rows["y_true"] != rows["y_pred"]].head(_MOST_WRONG)
    right = rows[(rows["y_true"] == rows["y_pred"]) & (rows["y_true"] == run.shown)].head(_MOST_RIGHT)
    chosen = pd.concat([right, wrong])
    groups = dict(iter(run.slices.groupby(run.slices["case_id"].astype(str))))
    cases = [str(case) for case in chosen["case_id"] if str(case) in groups]
    pictures = read_slice_pictures(folder, cases, budget=budget) if images else {}
    views = []
    for row in chosen.itertuples():
        case = str(row.case_id)
        if case not in groups:
            continue
        weights = groups[case].sort_values("slice")
        top = weights.nlargest(3, "weight")
        views.append(
            SliceView(
                case_id=case,
                true=clip(str(row.y_true), 60),
                predicted=clip(str(row.y_pred), 60),
                probability=decimal(float(str(row.shown))),
                bars=(weights["weight"] / max(float(weights["weight"].max()), 1e-12)).round(4).tolist(),
                numbers=[int(number) for number in weights["slice"]],
                weightiest=[
                    Weighty(int(number), f"{weight:.0%}", pictures.get((case, int(number))))
                    for number, weight in zip(top["slice"], top["weight"], strict=True)
                ],
            )
        )
    return views
