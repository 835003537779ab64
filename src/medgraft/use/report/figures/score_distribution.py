"""Where the scores lie: binary, the probability of the shown class by true class; else certainty by right or wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, plain
from medgraft.use.report.wording import clip, counted, decimal

__all__ = ["score_distribution"]

_BINS = 20


@FIGURES.register("score-distribution")
def score_distribution(run: Artefacts) -> Figure | None:
    """Histograms of the main split's probabilities (of cross-validation the first repeat)."""
    rows = run.main_rows
    if rows.empty:
        return None
    probability = run.probability(rows)
    if run.several:
        asked = [run.question(rows, label) for label in run.labels]
        event, score = (np.concatenate([one[part] for one in asked]) for part in (0, 1))
        parts = [("has the label", score[event]), ("has it not", score[~event])]
        title, x = "Scores by truth, all labels together", "Probability of a label"
        caption = "Each label where it is known. The further the two heaps stand apart, the better."
    elif run.binary:
        truth = rows["y_true"].astype(str).to_numpy()
        score = probability[:, run.labels.index(run.shown)]
        parts = [(plain(label), score[truth == label]) for label in run.labels]
        title, x = "Scores by true class", f"Probability of “{plain(run.shown)}”"
        caption = "The further the two heaps stand apart, the better the model separates the classes."
    else:
        score = probability.max(axis=1)
        right = rows["y_true"].astype(str).to_numpy() == rows["y_pred"].astype(str).to_numpy()
        parts = [("right", score[right]), ("wrong", score[~right])]
        title, x = "Certainty of right and wrong answers", "Probability of the answer"
        caption = "Wrong answers should be the uncertain ones."
    data = [_bars(score, name, number) for number, (name, score) in enumerate(parts, 1) if len(score)]
    layout: dict[str, Any] = {
        "xaxis": axis(x, range=[0, 1]),
        "yaxis": axis("Share of the group"),
        "barmode": "overlay",
    }
    layout["yaxis"]["tickformat"] = ".0%"
    threshold = run.calibration.get("threshold")
    if run.binary and threshold is not None:
        layout["shapes"] = [_threshold(float(threshold))]
        caption += f" Dotted: the threshold, {decimal(threshold)}."
    means = "; ".join(
        f"{clip(name)}: {counted(len(score), 'score')}, median {decimal(float(np.median(score)))}"
        for name, score in parts
        if len(score)
    )
    return Figure(title, caption, f"Histograms. {means}.", data, layout)


def _bars(score: NDArray[Any], name: str, number: int) -> dict[str, Any]:
    """One histogram as shares of its group."""
    counts, edges = np.histogram(score.clip(0, 1), bins=_BINS, range=(0, 1))
    return {
        "type": "bar",
        "name": name,
        "x": [round(float(edge) + 0.5 / _BINS, 4) for edge in edges[:-1]],
        "y": [round(float(share), 5) for share in counts / max(1, len(score))],
        "width": 1 / _BINS,
        "marker": {"color": f"var(--s{number})/0.55", "line": {"color": f"var(--s{number})", "width": 1}},
    }


def _threshold(value: float) -> dict[str, Any]:
    """A dotted vertical line."""
    style = {"color": "var(--muted)", "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": value, "x1": value, "y0": 0, "y1": 1, "yref": "paper", "line": style}
