"""The estimates of all splits with their 95 % intervals, one under the other, and the spread over the folds."""

from __future__ import annotations

from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, floats, plain
from medgraft.use.report.wording import METRICS, estimate_text, split_name

__all__ = ["estimates"]

_SHOWN = ("auroc", "balanced_accuracy", "accuracy")
_MOST_SPLITS = 12


@FIGURES.register("estimates")
def estimates(run: Artefacts) -> Figure | None:
    """AUROC, balanced accuracy and accuracy of every split but training; folds as faint dots."""
    splits = run.judged[:_MOST_SPLITS]
    data, told = [], []
    for number, metric in enumerate(_SHOWN, 1):
        found = [(name, entry) for name in splits if (entry := run.estimate(name, metric))]
        if found:
            data.append(_points(found, metric, number))
            told += [f"{METRICS[metric][0]}, {split_name(name)}: {estimate_text(entry)}" for name, entry in found]
    if not data:
        return None
    caption = "Points are estimates, bars their 95 % intervals."
    if folds := _folds(run):
        data.append(folds)
        caption += " Faint dots: the accuracy in each single fold."
    rows = [plain(split_name(name), 26) for name in splits]
    layout = {
        "xaxis": axis("Value", range=_range(run, splits)),
        "legend": {"traceorder": "reversed"},
        "yaxis": axis("", categoryorder="array", categoryarray=rows[::-1], showgrid=False, type="category"),
        "scattermode": "group",
        "scattergap": 0.35,
    }
    return Figure(
        "Estimates side by side", caption, f"{'; '.join(told)}.", data[::-1], layout, max(300, 140 + 75 * len(rows))
    )


def _range(run: Artefacts, splits: list[str]) -> list[float]:
    """From a little below the lowest end of an interval to 1."""
    found = [entry for name in splits for metric in _SHOWN if (entry := run.estimate(name, metric))]
    ends = [entry["low"] if entry.get("low") is not None else entry.get("value") for entry in found]
    lowest = min([float(end) for end in ends if end is not None], default=0.0)
    return [max(-0.02, round(lowest - 0.12, 2)), 1.02]


def _points(found: list[tuple[str, dict[str, Any]]], metric: str, number: int) -> dict[str, Any]:
    """One metric over the splits."""
    value = [float(entry["value"]) if entry.get("value") is not None else float("nan") for _, entry in found]
    low = [entry["low"] if entry.get("low") is not None else v for (_, entry), v in zip(found, value, strict=True)]
    high = [entry["high"] if entry.get("high") is not None else v for (_, entry), v in zip(found, value, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "orientation": "h",
        "name": METRICS[metric][0],
        "x": floats(value),
        "y": [plain(split_name(name), 26) for name, _ in found],
        "marker": {
            "color": f"var(--s{number})",
            "size": 9,
            "symbol": ("circle", "diamond", "square")[number - 1],
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": floats([h - v for h, v in zip(high, value, strict=True)]),
            "arrayminus": floats([v - one for one, v in zip(low, value, strict=True)]),
            "color": f"var(--s{number})",
            "thickness": 1.6,
            "width": 4,
        },
    }


def _folds(run: Artefacts) -> dict[str, Any] | None:
    """Accuracy of each fold of each repeat of cross-validation."""
    rows = run.of_split("cv")
    if rows.empty or run.several or not {"repeat", "fold"} <= set(rows.columns):
        return None
    right = rows["y_true"].astype(str) == rows["y_pred"].astype(str)
    accuracy = right.groupby([rows["repeat"], rows["fold"]]).mean()
    return {
        "type": "scatter",
        "mode": "markers",
        "orientation": "h",
        "name": "One fold",
        "x": floats(accuracy.to_numpy()),
        "y": [plain(split_name("cv"), 26)] * len(accuracy),
        "marker": {"color": "var(--muted)/0.45", "size": 6},
    }
