"""FROC: the share of true boxes that are found, over the false boxes an image that this costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from medgraft.measure.detection.curves import froc_curve
from medgraft.measure.detection.weighted import FALSE_POSITIVES
from medgraft.use.report.detections.run import MEASURES, POINTS, DetectionRun
from medgraft.use.report.figures.figure import Figure, axis, floats, line, plain
from medgraft.use.report.wording import decimal, estimate_text, split_name

__all__ = ["froc"]

_MOST_CLASSES = 7


def froc(run: DetectionRun) -> Figure | None:
    """The mean curve with its band and the seven points of ``metrics.json``, and a thin curve a class."""
    if not any(len(boxes) for image in run.images for boxes in image.truth.values()):
        return None
    curve = froc_curve(run.images, run.base.labels, groups=run.groups)
    data = _band(curve.false, curve.low, curve.high)
    several = len(run.base.labels) > 1
    if several:
        for number, label in enumerate(run.base.labels[:_MOST_CLASSES], 1):
            thin = line(curve.false, curve.each[number - 1], plain(label, 26), number)
            data.append({**thin, "line": {**thin["line"], "width": 1.3, "shape": "hv"}})
    whole = line(curve.false, curve.overall, "Mean of the classes" if several else plain(run.base.labels[0], 26), 8)
    data.append({**whole, "line": {**whole["line"], "width": 2.6, "shape": "hv"}})
    points, told = _points(run)
    data += points
    layout: dict[str, Any] = {
        "xaxis": axis("False boxes an image", type="log", tickvals=list(FALSE_POSITIVES), ticktext=list(POINTS)),
        "yaxis": axis("Share of true boxes found", range=[-0.02, 1.02]),
        "showlegend": several,
    }
    froc_value = estimate_text(run.base.estimate(run.base.main, "froc"))
    caption = (
        f"{split_name(run.base.main or '')}. Marked: the seven points with their 95 % intervals; mean {froc_value}. "
        "Shaded: pointwise 95 % band of the curve."
    )
    return Figure("FROC", caption, f"FROC curve. {told}", data, layout, 420)


def _band(false: Any, low: Any, high: Any) -> list[dict[str, Any]]:
    """The shaded band: two edges, the second filled down to the first."""
    if not np.isfinite(low).all():
        return []
    edge = {"type": "scatter", "mode": "lines", "x": floats(false), "hoverinfo": "skip", "showlegend": False}
    edge["line"] = {"width": 0, "color": "var(--s8)", "shape": "hv"}
    return [{**edge, "y": floats(low)}, {**edge, "y": floats(high), "fill": "tonexty", "fillcolor": "var(--s8)/0.12"}]


def _points(run: DetectionRun) -> tuple[list[dict[str, Any]], str]:
    """The seven points of ``metrics.json``, and their values in words."""
    names = [name for name in MEASURES if name.startswith("sensitivity_at_")]
    found = [
        (limit, tick, entry)
        for limit, tick, name in zip(FALSE_POSITIVES, POINTS, names, strict=True)
        if (entry := run.base.estimate(run.base.main, name)) and entry["value"] is not None
    ]
    if not found:
        return [], ""
    values = [entry["value"] for _, _, entry in found]
    bars = {
        side: [abs(entry[end] - entry["value"]) if entry.get(end) is not None else 0.0 for _, _, entry in found]
        for side, end in (("array", "high"), ("arrayminus", "low"))
    }
    style = {"color": "var(--s8)", "thickness": 1.3, "width": 3}
    point = {
        "type": "scatter",
        "mode": "markers",
        "x": [limit for limit, _, _ in found],
        "y": floats(values),
        "marker": {"color": "var(--s8)", "size": 8},
        "showlegend": False,
        "error_y": {"type": "data", "symmetric": False, **{k: floats(v) for k, v in bars.items()}, **style},
    }
    told = ", ".join(f"{decimal(value)} at {tick}" for value, (_, tick, _) in zip(values, found, strict=True))
    return [point], f"Sensitivity by false boxes an image: {told}."
