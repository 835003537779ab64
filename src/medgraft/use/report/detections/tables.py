"""The tables of a report of detection: what happens at the operating score, and sizes of found and missed boxes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.measure.detection.operating import AtScore, at_score, pair_boxes
from medgraft.use.report.detections.run import MEASURES, POINTS, DetectionRun
from medgraft.use.report.located.measures import measured, spread
from medgraft.use.report.located.tables import estimate_cell
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, count, decimal, percent

__all__ = ["counts_at_score", "found_sizes", "froc_table", "operating_table", "size_table"]

_MOST_CLASSES = 100
_FEWEST = 6
_CHOSEN = {"val": "chosen on the validation cases", "cv": "chosen by cross-validation"}


def counts_at_score(run: DetectionRun) -> dict[str, AtScore]:
    """Of each class that occurs among the judged images; empty where no score was chosen."""
    if run.score is None or not run.images:
        return {}
    found = {label: at_score(run.images, label, score=run.score, groups=run.groups) for label in run.base.labels}
    return {label: one for label, one in found.items() if one.boxes or one.false}


def operating_table(run: DetectionRun, found: Mapping[str, AtScore]) -> Table | None:
    """Found, missed and made up by class."""
    if not found:
        return None
    rows = []
    for label, one in list(found.items())[:_MOST_CLASSES]:
        rates = [part.to_dict() for part in (one.sensitivity, one.precision, one.false_per_image)]
        counts = [Cell(count(number)) for number in (one.boxes, one.found, one.missed, one.false)]
        rows.append(Row(clip(label, 60), [*counts, *[Cell(measured(rate["value"]), spread(rate)) for rate in rates]]))
    heads = ["True boxes", "Found", "Missed", "False", "Sensitivity", "Precision", "False an image"]
    thresholds = run.meta.get("thresholds") or {}
    chosen = _CHOSEN.get(str(thresholds.get("from")), "")
    note = f"A box counts from a score of {decimal(run.score)}{', ' + chosen if chosen else ''}; "
    note += "it finds a true box by an overlap (IoU) of 0.5."
    if (nms := thresholds.get("nms_iou")) is not None:
        note += f" Of boxes that overlap each other by more than {decimal(nms, 2)} the best stays."
    return Table(
        "At the operating score", "Class", [Cell(head) for head in heads], rows, f"{note} 95 % intervals below."
    )


def froc_table(run: DetectionRun) -> Table | None:
    """Classes × the seven points of FROC; ``None`` where the run has none of them."""
    names = [name for name in MEASURES if name.startswith("sensitivity_at_")]
    whole = [run.base.estimate(run.base.main, name) for name in names]
    if not any(entry and entry.get("value") is not None for entry in whole):
        return None
    each = run.base.metrics.get(run.base.main or "", {}).get("per_class") or {}
    rows = [Row("All classes", [estimate_cell(run.base, n, e) for n, e in zip(names, whole, strict=True)], strong=True)]
    if len(run.base.labels) > 1:
        rows += [
            Row(clip(label, 60), [estimate_cell(run.base, name, each[label].get(name)) for name in names])
            for label in run.base.labels[:_MOST_CLASSES]
            if label in each
        ]
    note = "Share of the true boxes that are found where the score is set so that so many false boxes are drawn."
    return Table("Sensitivity by false boxes an image", "Class", [Cell(tick) for tick in POINTS], rows, note)


def found_sizes(run: DetectionRun) -> pd.DataFrame:
    """A row a true box of the judged images: ``label``, ``side`` (pixels: the root of its area) and ``found``."""
    rows = []
    for image in run.images if run.score is not None else []:
        for label, boxes in image.truth.items():
            found = pair_boxes(image, label, score=run.score or 0.0).found
            rows += [
                {"label": label, "side": side, "found": bool(hit)}
                for side, hit in zip(_sides(boxes), found, strict=True)
            ]
    return pd.DataFrame(rows, columns=["label", "side", "found"])


def _sides(boxes: NDArray[np.float64]) -> list[float]:
    return [float(side) for side in np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))]


def size_table(sizes: pd.DataFrame, labels: tuple[str, ...]) -> Table | None:
    """Sensitivity by thirds of the true boxes' size; ``None`` where no class has enough boxes."""
    rows = []
    for label in labels[:_MOST_CLASSES]:
        own = sizes[sizes["label"] == label].sort_values("side", kind="stable")
        if len(own) < _FEWEST:
            continue
        parts = [own.iloc[places] for places in np.array_split(np.arange(len(own)), 3)]
        cells = [
            Cell(
                percent(part["found"].mean(), 0),
                f"{int(part['found'].sum())} of {len(part)} · {part['side'].min():.0f} to {part['side'].max():.0f} px",
            )
            for part in parts
        ]
        missed = own[~own["found"]]
        middle = f"{missed['side'].median():.0f} px" if len(missed) else UNKNOWN
        rows.append(
            Row(
                clip(label, 60),
                [
                    *cells,
                    Cell(f"{own.loc[own['found'], 'side'].median():.0f} px" if own["found"].any() else UNKNOWN),
                    Cell(middle),
                ],
            )
        )
    heads = [Cell("Smallest third"), Cell("Middle third"), Cell("Largest third")]
    heads += [Cell("Middle size", "of the found"), Cell("Middle size", "of the missed")]
    note = "Share of the true boxes that are found at the operating score. Size: the root of a box’s area, in pixels."
    return Table("Found by size", "Class", heads, rows, note) if rows else None
