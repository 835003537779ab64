"""Pictures of some cases with both outlines over them, from ``private/overlays.parquet``, within a budget of bytes.

A row is a picture: ``case_id``, ``kind`` (``best``, ``median``, ``worst``, else another case), ``slice`` (from 1; of a
volume several), ``jpeg``, and the label maps ``truth_png`` and ``called_png`` of the same size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from medgraft.use.report.located.layers import COLOURS, Key, Layer, Line, Stack, spread_out
from medgraft.use.report.located.measures import measured
from medgraft.use.report.located.run import checked_columns
from medgraft.use.report.outlines.contours import contour_path, read_label_map
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.pictures import data_url
from medgraft.use.report.stored import optional_table
from medgraft.use.report.wording import clip, decimal

__all__ = ["outline_keys", "outline_stacks"]

_KINDS = ("best", "median", "worst")
_TITLES = {"best": "The best", "median": "In the middle", "worst": "The worst"}
_COLUMNS = ("case_id", "kind", "slice", "jpeg", "truth_png", "called_png")
_MOST_CASES = 12
_MOST_CLASSES_TOLD = 6


def outline_stacks(run: OutlineRun, folder: Path, *, budget: int) -> list[Stack]:
    """The best, the middle and the worst cases, then others; empty where the run stored none.

    Each case gets an equal share of the ``budget``; of a volume that is larger every 2nd, 3rd, … slice is kept.
    """
    path = folder / "private" / "overlays.parquet"
    table = optional_table(path)
    if table.empty:
        return []
    table = checked_columns(table, path, _COLUMNS)
    order = {kind: place for place, kind in enumerate(_KINDS)}
    table = table.assign(place=table["kind"].astype(str).map(order).fillna(len(_KINDS)))
    table = table.sort_values(["place", "case_id", "slice"], kind="stable")
    cases = list(table.drop_duplicates(["place", "case_id"])[["place", "case_id"]].itertuples(index=False, name=None))
    stacks = []
    for number, (place, case) in enumerate(cases[:_MOST_CASES]):
        rows = table[(table["place"] == place) & (table["case_id"] == case)]
        share = budget // (min(len(cases), _MOST_CASES) - number)
        stack, spent = _stack(run, rows, share, str(path))
        budget -= spent
        if stack is not None:
            stacks.append(stack)
    return stacks


def _stack(run: OutlineRun, rows: pd.DataFrame, budget: int, where: str) -> tuple[Stack | None, int]:
    """One case, and the bytes that it takes."""
    layers, sizes, areas = [], [], []
    for row in rows.to_dict("records"):
        truth, called = (read_label_map(bytes(row[name]), where) for name in ("truth_png", "called_png"))
        source = data_url(bytes(row["jpeg"]))
        if source is None:
            continue
        name = f"slice {row['slice']}" if len(rows) > 1 else ""
        lines = _lines(run, truth, called)
        layers.append(Layer(name, source, truth.shape[1], truth.shape[0], lines))
        sizes.append(len(source) + 2 * sum(len(line.path) for line in lines))
        areas.append(int(np.count_nonzero(truth)) + int(np.count_nonzero(called)))
    kept = spread_out(sizes, budget)
    if not kept:
        return None, 0
    start = max(range(len(kept)), key=lambda index: areas[kept[index]])
    case, kind = str(rows["case_id"].iloc[0]), str(rows["kind"].iloc[0])
    note = "" if len(kept) == len(layers) else f"{len(kept)} of {len(layers)} slices, to keep this file small. "
    stack = Stack(
        _TITLES.get(kind, "Another case"), case, _said(run, case), [layers[index] for index in kept], start, note
    )
    return stack, sum(sizes[index] for index in kept)


def _colours(run: OutlineRun, place: int) -> tuple[int, int]:
    """The colours of truth and prediction of a class: two of a single class, else one a class."""
    if len(run.base.labels) == 1:
        return 2, 1
    return place % COLOURS + 1, place % COLOURS + 1


def _lines(run: OutlineRun, truth: np.ndarray, called: np.ndarray) -> list[Line]:
    """Both outlines of every class, the prediction below."""
    lines = []
    for place, label in enumerate(run.base.labels):
        of_truth, of_called = _colours(run, place)
        lines.append(Line(contour_path(called == place + 1), of_called, title=f"{clip(label)}, predicted"))
        lines.append(Line(contour_path(truth == place + 1), of_truth, dashed=True, title=f"{clip(label)}, true"))
    return [line for line in sorted(lines, key=lambda line: line.dashed) if line.path]


def outline_keys(run: OutlineRun) -> list[Key]:
    """What the lines mean."""
    keys = []
    for place, label in enumerate(run.base.labels[:COLOURS]):
        of_truth, of_called = _colours(run, place)
        keys += [
            Key(f"{clip(label, 30)}, true", of_truth, dashed=True),
            Key(f"{clip(label, 30)}, predicted", of_called),
        ]
    return keys


def _said(run: OutlineRun, case: str) -> list[str]:
    """Dice and sizes of each class, in a line."""
    rows = run.cases[run.cases["case_id"] == case]
    if run.base.main in set(rows["split"]):
        rows = rows[rows["split"] == run.base.main]
    by_label = {str(row.label): row for row in rows.itertuples()}
    named: Sequence[str] = [label for label in run.base.labels if label in by_label]
    told = []
    for label in named[:_MOST_CLASSES_TOLD]:
        row = by_label[label]
        sizes = (
            f"{measured(row.volume_true, run.size_unit)} true, {measured(row.volume_called, run.size_unit)} predicted"
        )
        head = "" if len(run.base.labels) == 1 else f"{clip(label, 30)}: "
        told.append(f"{head}Dice {decimal(row.dice)}; {sizes}")
    if len(named) > _MOST_CLASSES_TOLD:
        told.append(f"and {len(named) - _MOST_CLASSES_TOLD} more classes")
    return told
