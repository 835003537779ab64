"""``report.html`` and ``model_card.md`` of a run that finds boxes, from the artefacts of the run folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from medgraft.use.report.detections.figures.box_sizes import box_sizes
from medgraft.use.report.detections.figures.froc import froc
from medgraft.use.report.detections.figures.precision_recall import precision_recall
from medgraft.use.report.detections.overlays import box_keys, box_stacks
from medgraft.use.report.detections.run import MEASURES, DetectionRun, read_detections
from medgraft.use.report.detections.summary import box_numbers, box_use, summarise_boxes
from medgraft.use.report.detections.tables import counts_at_score, found_sizes, froc_table, operating_table, size_table
from medgraft.use.report.figures.history import history
from medgraft.use.report.located.page import LocatedPage, located_card, write_located
from medgraft.use.report.located.tables import measure_table, parts_table, per_class_table, told_measures
from medgraft.use.report.tables import Cell, Table
from medgraft.use.report.wording import count, decimal

__all__ = ["render_detections"]

_PICTURE_BYTES, _AUDIT_BYTES = 6_500_000, 1_500_000


def render_detections(folder: Path, *, images: bool, most_bytes: int) -> Path:
    """Write both files into the run folder, atomically; returns the page's path. Raises ``ArtifactError``."""
    run = read_detections(folder)
    counts, sizes = counts_at_score(run), found_sizes(run)
    summary = summarise_boxes(run, counts)
    stacks = box_stacks(run, folder, budget=_PICTURE_BYTES) if images else []
    if not images:
        note = "Pictures were left out of this report on request."
    else:
        note = "" if stacks else "The run folder holds no pictures whose size is known, so that none is shown."
    figures = {
        "main": [froc(run), precision_recall(run)],
        "sizes": [box_sizes(sizes)],
        "training": [history(run.base)],
    }
    page = LocatedPage(
        template="detections.html",
        run=run.base,
        summary=summary,
        card=located_card(run.base, box_use(run), summary, lambda split: box_numbers(run, split)),
        parts_table=parts_table(run.base, _held(run), "Boxes of"),
        figures={name: [one for one in group if one is not None] for name, group in figures.items()},
        own={
            "measure_table": measure_table(run.base, told_measures(run.base, MEASURES[:3]), _note(run)),
            "froc_table": froc_table(run),
            "class_table": _class_table(run),
            "operating_table": operating_table(run, counts),
            "size_table": size_table(sizes, run.base.labels),
        },
        stacks=stacks,
        keys=box_keys(run),
        picture_note=note,
    )
    return write_located(folder, page, images=images, most_bytes=most_bytes, budget=_AUDIT_BYTES)


def _class_table(run: DetectionRun) -> Table:
    """Each class with its true boxes among the judged images, and the chief measures."""
    names = told_measures(run.base, MEASURES[:3])
    extra = {
        label: [
            Cell(count(sum(len(image.truth.get(label, ())) for image in run.images))),
            Cell(count(sum(len(image.truth.get(label, ())) > 0 for image in run.images))),
        ]
        for label in run.base.labels
    }
    return per_class_table(run.base, names, extra, [Cell("True boxes"), Cell("Images with one")])


def _held(run: DetectionRun) -> pd.DataFrame:
    """``case_id label count`` of the true boxes; every case is told of, also those without a box."""
    rows = run.truth.groupby(["case_id", "label"]).size().reset_index(name="count")
    cases = run.base.cohort["case_id"].astype(str)
    none = pd.DataFrame({"case_id": cases, "label": run.base.labels[0], "count": 0})
    return pd.concat([rows, none], ignore_index=True)


def _note(run: DetectionRun) -> str:
    """How the numbers are made."""
    text = "Values are means over the classes that have a true box." if len(run.base.labels) > 1 else ""
    if train := run.base.estimate("train", "map50"):
        own = decimal(train.get("value"))
        text += f" On its own training images the model reaches an mAP50 of {own}; that is no measure of quality."
    return text.strip()
