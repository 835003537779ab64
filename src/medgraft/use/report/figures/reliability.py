"""Reliability: what the model says against what is so, in bins of equal mass with 95 % intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from medgraft.measure.curves import Reliability, reliability_bins
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, floats, patient_codes, plain
from medgraft.use.report.wording import clip, count, decimal, estimate_text

__all__ = ["reliability"]


@FIGURES.register("reliability")
def reliability(run: Artefacts) -> Figure | None:
    """Binary: the probability of the shown class; else the probability of the answer against how often it is right."""
    rows = run.main_rows
    if rows.empty:
        return None
    known = rows
    if run.several:
        asked = [run.question(rows, label) for label in run.labels]
        event, score = (np.concatenate([one[part] for one in asked]) for part in (0, 1))
        known = pd.concat([one[2] for one in asked])
        x, y = "Said: probability of a label", "So: share of cases that have it"
        caption = "All labels together, each where it is known."
    elif run.binary:
        event, score, known = run.question(rows, run.shown)
        x, y = f"Said: probability of “{plain(run.shown)}”", f"So: share of “{plain(run.shown, 20)}”"
        caption = f"Class “{clip(run.shown)}”."
    else:
        probability, truth = run.probability(rows), rows["y_true"].astype(str)
        score = probability.max(axis=1)
        event = (
            truth.map({label: number for number, label in enumerate(run.labels)}) == probability.argmax(axis=1)
        ).to_numpy()
        x, y = "Said: probability of the answer", "So: share of right answers"
        caption = "The answer of the model, whichever class it is."
    bins = reliability_bins(event, score, groups=patient_codes(known))
    caption += " On the diagonal, what is said is so. Bars: 95 % intervals."
    if ece := run.estimate(run.main, "ece"):
        caption += f" Calibration error {estimate_text(ece)}."
    pairs = "; ".join(f"said {decimal(s, 2)}, so {decimal(o, 2)}" for s, o in zip(bins.said, bins.so, strict=True))
    layout = {
        "xaxis": axis(x, range=[-0.01, 1.01]),
        "yaxis": axis(y, range=[-0.02, 1.02]),
        "shapes": [_diagonal()],
        "showlegend": False,
    }
    return Figure("Reliability of the probabilities", caption, f"Reliability: {pairs}.", [_points(bins)], layout)


def _points(bins: Reliability) -> dict[str, Any]:
    """One point a bin, with its interval."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": floats(bins.said),
        "y": floats(bins.so),
        "text": [f"{count(int(number))} cases" for number in bins.n],
        "marker": {"color": "var(--s1)", "size": 8},
        "line": {"color": "var(--s1)/0.45", "width": 1.2},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": floats((bins.high - bins.so).clip(0)),
            "arrayminus": floats((bins.so - bins.low).clip(0)),
            "color": "var(--s1)",
            "thickness": 1.4,
            "width": 3,
        },
    }


def _diagonal() -> dict[str, Any]:
    """Where said equals so."""
    style = {"color": "var(--muted)", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": style, "layer": "below"}
