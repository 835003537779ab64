"""Precision over recall of each class, at an overlap of 0.5: the area is the average precision."""

from __future__ import annotations

import numpy as np

from medgraft.measure.detection.curves import precision_curve
from medgraft.use.report.detections.run import DetectionRun
from medgraft.use.report.figures.figure import Figure, axis, line, plain
from medgraft.use.report.wording import clip, estimate_text, split_name

__all__ = ["precision_recall"]

_MOST_CLASSES = 8


def precision_recall(run: DetectionRun) -> Figure | None:
    """One curve a class that has a true box, of the main split."""
    data, told = [], []
    each = run.base.metrics.get(run.base.main or "", {}).get("per_class") or {}
    for number, label in enumerate(run.base.labels[:_MOST_CLASSES], 1):
        recall, precision = precision_curve(run.images, label)
        if np.isfinite(precision).all():
            # beyond the last recall that is reached precision is 0 by definition: not drawn
            reached = max(1, int(np.count_nonzero(precision)))
            recall, precision = recall[:reached], precision[:reached]
            curve = line(recall, precision, plain(label, 26), number)
            data.append({**curve, "line": {**curve["line"], "shape": "vh"}})
            told.append(f"{clip(label)}: average precision {estimate_text((each.get(label) or {}).get('map50'))}")
    if not data:
        return None
    layout = {
        "xaxis": axis("Recall (share of true boxes found)", range=[-0.01, 1.01]),
        "yaxis": axis("Precision", range=[-0.01, 1.02]),
        "showlegend": len(run.base.labels) > 1,
    }
    caption = (
        f"{split_name(run.base.main or '')}, overlap 0.5. The area under a curve is the class’s average precision."
    )
    return Figure("Precision and recall", caption, f"Curves. {'; '.join(told)}.", data, layout, 420)
