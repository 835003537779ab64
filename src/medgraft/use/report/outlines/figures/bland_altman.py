"""Bland–Altman: how far predicted sizes are off, over the size, with bias, limits of agreement and their intervals.

Source: Bland & Altman, Lancet 1986;327:307-310.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.segmentation.agreement import Limits
from medgraft.use.report.figures.figure import Figure, axis, floats
from medgraft.use.report.located.measures import measured
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.wording import clip

__all__ = ["bland_altman"]

_MOST_DOTS = 800


def bland_altman(run: OutlineRun, label: str, found: Limits, number: int = 1) -> Figure:
    """One class of the main split; ``number`` is its colour, from 1."""
    rows = run.judged
    own = rows[(rows["label"] == label) & rows["volume_true"].notna() & rows["volume_called"].notna()]
    own = own.iloc[np.unique(np.linspace(0, len(own) - 1, min(len(own), _MOST_DOTS)).round().astype(int))]
    true, called = own["volume_true"].to_numpy(dtype=np.float64), own["volume_called"].to_numpy(dtype=np.float64)
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": floats((true + called) / 2),
        "y": floats(called - true),
        "marker": {"color": f"var(--s{(number - 1) % 8 + 1})/0.6", "size": 7},
    }
    unit, word = run.size_unit, run.size_word
    told = [measured(one.value, unit) for one in (found.bias, found.low, found.high)]
    several = len(run.base.labels) > 1
    layout = {
        "xaxis": axis(f"Mean of true and predicted {word} in {unit}", rangemode="tozero"),
        "yaxis": axis(f"Predicted − true, {unit}", range=_range(called - true, found)),
        "shapes": [*_level(found.bias, "solid"), *_level(found.low, "dash"), *_level(found.high, "dash"), _zero()],
        "showlegend": False,
    }
    caption = f"Solid: bias, {told[0]}. Dashed: limits of agreement, {told[1]} and {told[2]}. Shaded: their intervals."
    alt = f"Bland–Altman plot of the {word} of {clip(label)}: bias {told[0]}, limits {told[1]} to {told[2]}."
    title = f"{word.capitalize()} of {clip(label, 40)}" if several else f"Agreement of {word}s"
    return Figure(title, caption, alt, [dots], layout)


def _range(differences: NDArray[np.float64], found: Limits) -> list[float]:
    """All dots, and the limits with their intervals."""
    ends = [end for one in (found.low, found.high) for end in (one.value, one.low, one.high) if np.isfinite(end)]
    low, high = min([*ends, *differences.tolist(), 0.0]), max([*ends, *differences.tolist(), 0.0])
    room = 0.06 * (high - low) or 1.0
    return [round(low - room, 6), round(high + room, 6)]


def _level(one: Any, dash: str) -> list[dict[str, Any]]:
    """A line over the whole width, with the band of its interval."""
    across = {"x0": 0, "x1": 1, "xref": "paper", "layer": "below"}
    style = {"color": "var(--s8)", "width": 1.5, "dash": dash}
    shapes = [{"type": "line", "y0": one.value, "y1": one.value, "line": style, **across}]
    if np.isfinite([one.low, one.high]).all():
        band = {"type": "rect", "y0": one.low, "y1": one.high, "fillcolor": "var(--muted)/0.14", "line": {"width": 0}}
        shapes.insert(0, {**band, **across})
    return shapes


def _zero() -> dict[str, Any]:
    """Where both agree."""
    style = {"color": "var(--muted)", "width": 1, "dash": "dot"}
    return {"type": "line", "y0": 0, "y1": 0, "x0": 0, "x1": 1, "xref": "paper", "line": style, "layer": "below"}
