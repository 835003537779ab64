"""AUROC by the number of training cases, and where it would go with two and four times the labels."""

from __future__ import annotations

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, floats, line
from medgraft.use.report.wording import clip, decimal

__all__ = ["learning_curve"]


@FIGURES.register("learning-curve")
def learning_curve(run: Artefacts) -> Figure | None:
    """Points of ``learning_curve.json``, the fitted law, and its interval; dashed beyond what was seen."""
    curve, points = run.learning_curve.get("curve") or [], run.learning_curve.get("points") or []
    if not curve or not points:
        return None
    n, value = [item["n"] for item in curve], [item["value"] for item in curve]
    seen = len(points)
    edge = [*n, *n[::-1]]
    band = [*[item["high"] for item in curve], *[item["low"] for item in curve][::-1]]
    filled = {"x": floats(edge), "y": floats(band), "fill": "toself", "fillcolor": "var(--s1)/0.15", "mode": "none"}
    ticks = {"tickvals": floats(n), "ticktext": [f"{size:.0f}" for size in n]}
    ahead = line(n[seen - 1 :], value[seen - 1 :], "If the law goes on", 1)
    data = [
        {"type": "scatter", **filled, "name": "95 % interval", "hoverinfo": "skip"},
        line(n[:seen], value[:seen], "Power law", 1),
        {**ahead, "line": {**ahead["line"], "dash": "dash"}},
        {
            "type": "scatter",
            "mode": "markers",
            "x": floats([item["n"] for item in points]),
            "y": floats([item["auroc"] for item in points]),
            "name": "Seen",
            "marker": {"color": "var(--s2)"},
        },
    ]
    told = f"AUROC {decimal(points[0]['auroc'])} with {points[0]['n']:g} cases, {decimal(points[-1]['auroc'])} with "
    return Figure(
        "More labels?",
        f"{run.learning_curve.get('words', '')} (Cross-validated, {clip(run.learning_curve.get('strategy'), 40)}.)",
        f"{told}{points[-1]['n']:g}. {run.learning_curve.get('words', '')}",
        data,
        {
            "xaxis": axis("Training cases", type="log", **ticks),
            "yaxis": axis("AUROC"),
        },
    )
