"""How often answers are wrong if only the surest ones are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.figures.figure import Figure, axis, floats, line
from medgraft.use.report.wording import percent, split_name

__all__ = ["selective"]


def selective(part: str, entry: Mapping[str, Any]) -> Figure | None:
    """Of the ``selective`` curve of one part in ``trust.json``."""
    found = entry.get("selective")
    if not found or len(found["coverage"]) < 2:
        return None
    share, risk = found["coverage"], found["risk"]
    band = {"x": floats([*share, *share[::-1]]), "y": floats([*found["high"], *found["low"][::-1]])}
    data = [
        {
            "type": "scatter",
            "mode": "none",
            **band,
            "fill": "toself",
            "fillcolor": "var(--s1)/0.15",
            "name": "95 % interval",
            "hoverinfo": "skip",
        },
        line(share, risk, "Wrong answers"),
    ]
    told = [f"{percent(risk[at])} at {percent(share[at], 0)}" for at in (0, len(share) // 2, len(share) - 1)]
    return Figure(
        "Silent where unsure",
        f"{split_name(part)}. From the surest case on the left to all of them on the right.",
        f"Share of wrong answers: {', '.join(told)} of the cases answered.",
        data,
        {
            "xaxis": axis("Share of the cases that are answered", range=[0, 1.01]),
            "yaxis": axis("Share of wrong answers", rangemode="tozero"),
        },
    )
