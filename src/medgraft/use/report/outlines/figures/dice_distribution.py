"""How Dice is spread over the cases: a mean hides the ones that failed."""

from __future__ import annotations

from typing import Any

import numpy as np

from medgraft.use.report.figures.figure import Figure, axis, floats, plain
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.wording import clip, counted, decimal, split_name

__all__ = ["dice_distribution"]

_MOST_CLASSES, _MOST_DOTS = 12, 600


def dice_distribution(run: OutlineRun) -> Figure | None:
    """One box and one dot a case for each class of the main split."""
    rows = run.judged
    shown = [label for label in run.base.labels if rows.loc[rows["label"] == label, "dice"].notna().any()]
    shown = shown[:_MOST_CLASSES]
    if not shown:
        return None
    data, told = [], []
    for number, label in enumerate(shown, 1):
        dice = rows.loc[(rows["label"] == label) & rows["dice"].notna(), "dice"].to_numpy(dtype=np.float64)
        data.append(_box(dice, label, number))
        quarters = [decimal(float(value)) for value in np.quantile(dice, [0, 0.25, 0.5, 0.75, 1])]
        told.append(f"{clip(label)}: {counted(len(dice), 'case')}, quartiles {', '.join(quarters)}")
    layout = {
        "xaxis": axis("Dice of a case", range=[-0.03, 1.03]),
        "yaxis": axis("", type="category", autorange="reversed", showgrid=False),
        "showlegend": False,
    }
    caption = f"{split_name(run.base.main or '')}. Each dot is a case; the box holds the middle half."
    height = max(240, 110 + 80 * len(shown))
    return Figure("Dice of every case", caption, f"Boxes. {'; '.join(told)}.", data, layout, height)


def _box(dice: Any, label: str, number: int) -> dict[str, Any]:
    """A horizontal box with all its points, of very many an even choice by rank."""
    kept = np.sort(dice)[np.unique(np.linspace(0, len(dice) - 1, min(len(dice), _MOST_DOTS)).round().astype(int))]
    colour = f"var(--s{(number - 1) % 8 + 1})"
    return {
        "type": "box",
        "orientation": "h",
        "x": floats(kept),
        "y": [plain(label, 22)] * len(kept),
        "name": plain(label, 22),
        "boxpoints": "all",
        "jitter": 0.5,
        "pointpos": 0,
        "whiskerwidth": 0.4,
        "fillcolor": f"{colour}/0.12",
        "line": {"color": colour, "width": 1.6},
        "marker": {"color": f"{colour}/0.55", "size": 5},
        "hoverinfo": "x",
    }
