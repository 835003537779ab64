"""Precision over recall on the main split, with the level of guessing."""

from __future__ import annotations

from typing import Any

from medgraft.measure.curves import pr_points
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, curve_classes, line, plain, thinned
from medgraft.use.report.wording import clip, decimal, estimate_text, listing, split_name

__all__ = ["precision_recall"]


@FIGURES.register("pr")
def precision_recall(run: Artefacts) -> Figure | None:
    """One curve of two classes, else one a class against the rest."""
    rows = run.main_rows
    if rows.empty:
        return None
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    prevalence = 0.0
    for number, label in enumerate(shown := curve_classes(run), 1):
        truth, score, _ = run.question(rows, label)
        curve = pr_points(truth, score)
        if len(curve.recall):
            data.append(line(*thinned(curve.recall, curve.precision), plain(label), number))
            prevalence = curve.prevalence
    if not data:
        return None
    caption = f"{split_name(run.main or '')}. "
    if run.binary:
        caption += f"Class “{clip(run.shown)}”; AUPRC {estimate_text(run.estimate(run.main, 'auprc'))}. "
        caption += f"Dotted: guessing, {decimal(prevalence)}."
        shapes.append(_level(prevalence))
    else:
        caption += "Each label where it is known." if run.several else "Each class against the rest."
    layout = {
        "xaxis": axis("Recall (sensitivity)", range=[-0.01, 1.01]),
        "yaxis": axis("Precision", range=[-0.01, 1.02]),
        "shapes": shapes,
        "showlegend": not run.binary,
    }
    alt = f"Precision-recall curve of {listing(shown)}: AUPRC {estimate_text(run.estimate(run.main, 'auprc'))}."
    return Figure("Precision and recall", caption, alt, data, layout)


def _level(value: float) -> dict[str, Any]:
    """A dotted horizontal line."""
    style = {"color": "var(--muted)", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": style, "layer": "below"}
