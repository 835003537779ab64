"""The ROC curve of the main split, with a pointwise 95 % band over patients where there is one curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.curves import roc_band, roc_points
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import (
    FIGURES,
    Figure,
    axis,
    curve_classes,
    floats,
    line,
    patient_codes,
    plain,
    thinned,
)
from medgraft.use.report.wording import clip, estimate_text, listing, split_name

__all__ = ["roc"]

_MOST_FOR_BAND = 5000
_REPLICATES = 300


@FIGURES.register("roc")
def roc(run: Artefacts) -> Figure | None:
    """One curve of two classes, else one a class against the rest."""
    rows = run.main_rows
    if rows.empty:
        return None
    shown = curve_classes(run)
    data: list[dict[str, Any]] = []
    for number, label in enumerate(shown, 1):
        truth, score, _ = run.question(rows, label)
        curve = roc_points(truth, score)
        if len(curve.fpr):
            data.append(line(*thinned(curve.fpr, curve.tpr), plain(label), number))
    if not data:
        return None
    caption = f"{split_name(run.main or '')}. "
    if run.binary:
        caption += f"Class “{clip(run.shown)}”; AUROC {estimate_text(run.estimate(run.main, 'auroc'))}."
        if len(rows) <= _MOST_FOR_BAND:
            truth, score, known = run.question(rows, run.shown)
            data = [*_band(truth, score, patient_codes(known)), *data]
            caption += " Shaded: pointwise 95 % band."
    else:
        caption += "Each label where it is known." if run.several else "Each class against the rest."
        if len(shown) < len(run.labels):
            caption += f" The {len(shown)} commonest of {len(run.labels)} classes."
    layout = {
        "xaxis": axis("False-positive rate (1 − specificity)", range=[-0.01, 1.01]),
        "yaxis": axis("True-positive rate (sensitivity)", range=[-0.01, 1.01]),
        "shapes": [_chance()],
        "showlegend": not run.binary,
    }
    auroc = estimate_text(run.estimate(run.main, "auroc"))
    alt = f"ROC curve of {listing(shown)}, {split_name(run.main or '')}: AUROC {auroc}."
    return Figure("ROC curve", caption, alt, data, layout)


def _band(truth: NDArray[Any], score: NDArray[Any], groups: NDArray[np.int64]) -> list[dict[str, Any]]:
    """The shaded band: two edges, the second filled down to the first."""
    band = roc_band(truth, score, groups=groups, replicates=_REPLICATES)
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": floats(band.fpr),
        "hoverinfo": "skip",
        "showlegend": False,
    }
    edge["line"] = {"width": 0, "color": "var(--s1)"}
    low, high = {**edge, "y": floats(band.low)}, {**edge, "y": floats(band.high)}
    return [low, {**high, "fill": "tonexty", "fillcolor": "var(--s1)/0.16"}] if len(band.fpr) else []


def _chance() -> dict[str, Any]:
    """The diagonal of guessing."""
    style = {"color": "var(--muted)", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": style, "layer": "below"}
