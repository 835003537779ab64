"""Reliability with consistency bars: where the points would lie if the probabilities were true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.figures.figure import Figure, axis, floats
from medgraft.use.report.wording import count, decimal, split_name

__all__ = ["consistency"]


def consistency(part: str, entry: Mapping[str, Any]) -> Figure | None:
    """Of the ``reliability`` of one part in ``trust.json``."""
    bars = entry.get("reliability")
    if not bars:
        return None
    columns = {name: floats([bar[name] for bar in bars]) for name in ("said", "so", "low", "high")}
    outside = sum(not bar["low"] <= bar["so"] <= bar["high"] for bar in bars)
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "none",
            "x": [*columns["said"], *columns["said"][::-1]],
            "y": [*columns["high"], *columns["low"][::-1]],
            "fill": "toself",
            "fillcolor": "var(--muted)/0.2",
            "name": "What chance would show, were it true",
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": columns["said"],
            "y": columns["so"],
            "name": "These cases",
            "text": [f"{count(bar['n'])} cases" for bar in bars],
            "marker": {"color": "var(--s1)", "size": 8},
            "line": {"color": "var(--s1)/0.45", "width": 1.2},
        },
    ]
    pairs = "; ".join(f"said {decimal(bar['said'], 2)}, so {decimal(bar['so'], 2)}" for bar in bars)
    return Figure(
        "Are the probabilities true?",
        f"{split_name(part)}. Points outside the band speak against it; about one in twenty is outside by chance.",
        f"{outside} of {len(bars)} points lie outside the band. {pairs}.",
        data,
        {"xaxis": axis("Said", range=[-0.01, 1.01]), "yaxis": axis("So", range=[-0.02, 1.02])},
    )
