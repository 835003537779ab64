"""The confusion matrix with the cases in each cell, and the worst mistakes.

Counts are of the main split; of cross-validation only the first repeat counts, so that each case stands once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import clip, count, decimal, percent, split_name

__all__ = ["Confusion", "ConfusionCell", "ShownCase", "confusion", "wanted_pictures"]

_MOST_CLASSES = 20
_MOST_WRONG = 48
_MOST_RIGHT = 24
_MOST_SHOWN = 3000
_MOST_MISTAKES = 12


@dataclass(frozen=True)
class ShownCase:
    """One case as the page shows it."""

    case_id: str
    true: str
    predicted: str
    probability: str


@dataclass(frozen=True)
class ConfusionCell:
    """``share`` is of the true class, in [0, 1]; ``more`` counts the cases that are not listed."""

    key: str
    true: str
    predicted: str
    count: int
    share: float
    right: bool
    cases: list[ShownCase] = field(default_factory=list)
    more: int = 0

    @property
    def share_text(self) -> str:
        """``84 %``."""
        return percent(self.share, 0)


@dataclass(frozen=True)
class Confusion:
    """``rows`` are true classes, columns predicted ones; ``mistakes`` the most certain wrong answers first."""

    split: str
    labels: list[str]
    rows: list[list[ConfusionCell]]
    mistakes: list[ShownCase]
    mistakes_total: int
    total: int
    note: str = ""

    @property
    def cells(self) -> list[ConfusionCell]:
        """All cells that hold a case."""
        return [cell for row in self.rows for cell in row if cell.count]


def confusion(run: Artefacts) -> Confusion | None:
    """The matrix of the main split; ``None`` where nothing was predicted, or a case has several labels."""
    rows = run.main_rows
    notes = ["First repeat of cross-validation."] if run.main == "cv" else []
    if rows.empty or run.several:
        return None
    table = _scored(run, rows)
    labels = list(run.labels)
    if len(labels) > _MOST_CLASSES:
        common = set(table["true"].value_counts().index[:_MOST_CLASSES])
        labels = [label for label in labels if label in common]
        notes.append(f"The {_MOST_CLASSES} commonest of {count(len(run.labels))} classes.")
    limit = max(2, _MOST_SHOWN // len(labels) ** 2)
    grid = _grid(table, labels, limit)
    wrong = table[table["true"] != table["predicted"]]
    mistakes = [_shown(row) for row in wrong.head(_MOST_MISTAKES).itertuples()]
    return Confusion(split_name(run.main or ""), labels, grid, mistakes, len(wrong), len(table), " ".join(notes))


def _scored(run: Artefacts, rows: pd.DataFrame) -> pd.DataFrame:
    """Case, truth, answer and the probability of the answer; the most certain first, ties by case id."""
    probability = run.probability(rows)
    predicted = rows["y_pred"].astype(str)
    column = predicted.map({label: number for number, label in enumerate(run.labels)}).fillna(0).astype(int)
    table = pd.DataFrame(
        {
            "case": rows["case_id"].astype(str),
            "true": rows["y_true"].astype(str),
            "predicted": predicted,
            "p": probability[np.arange(len(rows)), column.to_numpy()],
        }
    )
    return table.sort_values(["p", "case"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _grid(table: pd.DataFrame, labels: list[str], limit: int) -> list[list[ConfusionCell]]:
    """All cells, rows by true class."""
    groups = dict(iter(table.groupby(["true", "predicted"], sort=False)))
    sizes = table["true"].value_counts()
    return [
        [
            _cell(
                groups.get((true, predicted), table.iloc[:0]),
                (i, j),
                (true, predicted),
                int(sizes.get(true, 0)),
                limit,
            )
            for j, predicted in enumerate(labels)
        ]
        for i, true in enumerate(labels)
    ]


def _cell(inside: pd.DataFrame, place: tuple[int, int], pair: tuple[str, str], size: int, limit: int) -> ConfusionCell:
    """One cell; wrong answers are listed from the most certain, right ones from the least certain."""
    true, predicted = pair
    right = true == predicted
    most = min(limit, _MOST_RIGHT if right else _MOST_WRONG)
    listed = (inside.iloc[::-1] if right else inside).head(most)
    return ConfusionCell(
        key=f"cell-{place[0]}-{place[1]}",
        true=clip(true, 200),
        predicted=clip(predicted, 200),
        count=len(inside),
        share=len(inside) / max(1, size),
        right=right,
        cases=[_shown(row) for row in listed.itertuples()],
        more=max(0, len(inside) - most),
    )


def _shown(row: object) -> ShownCase:
    """A row of ``_scored`` as text."""
    case, true, predicted, probability = (getattr(row, name) for name in ("case", "true", "predicted", "p"))
    return ShownCase(str(case), clip(true, 60), clip(predicted, 60), decimal(float(probability)))


def wanted_pictures(matrix: Confusion | None) -> list[str]:
    """Case ids in the order in which pictures are wanted: worst mistakes, then all cells in turn."""
    if matrix is None:
        return []
    wanted = [case.case_id for case in matrix.mistakes]
    cells = sorted(matrix.cells, key=lambda cell: cell.right)
    for start in range(0, max(_MOST_WRONG, _MOST_RIGHT), 8):
        wanted += [case.case_id for cell in cells for case in cell.cases[start : start + 8]]
    return wanted
