"""Pictures of some images with true and predicted boxes over them, within a budget of bytes.

From ``private/overlays.parquet`` (``case_id kind jpeg width height``, the size in which boxes are given), else from
``private/thumbnails.parquet`` where that knows ``width`` and ``height``: then the best, the middle and the worst images
are picked here, by the share of their true and predicted boxes that are right (F1) at the operating score.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from medgraft.measure.detection.matching import ImageBoxes
from medgraft.measure.detection.operating import pair_boxes
from medgraft.use.report.detections.run import DetectionRun
from medgraft.use.report.located.layers import COLOURS, Key, Layer, Line, Stack, box_path
from medgraft.use.report.located.run import checked_columns
from medgraft.use.report.pictures import data_url
from medgraft.use.report.stored import optional_table
from medgraft.use.report.wording import clip, counted, decimal, listing

__all__ = ["box_keys", "box_stacks", "image_f1"]

_KINDS = ("best", "median", "worst")
_TITLES = {"best": ("The best", "Among the best"), "worst": ("The worst", "Among the worst")}
_TITLES |= {"median": ("In the middle", "In the middle")}
"""Of the only image of its kind, and of one of several."""
_COLUMNS = ("case_id", "jpeg", "width", "height")
_EACH, _MOST = 3, 12


def image_f1(image: ImageBoxes, labels: tuple[str, ...], score: float) -> float:
    """2 found / (true + predicted) over all classes of an image; 1 where there is nothing and nothing is predicted."""
    pairs = [pair_boxes(image, label, score=score) for label in labels]
    found = sum(int(pair.found.sum()) for pair in pairs)
    boxes = sum(len(pair.found) + int(pair.used.sum()) for pair in pairs)
    return 2 * found / boxes if boxes else 1.0


def box_stacks(run: DetectionRun, folder: Path, *, budget: int) -> list[Stack]:
    """The best, the middle and the worst images; empty where no picture of a known size is stored."""
    images = dict(zip(run.judged, run.images, strict=True))
    table = _stored(run, folder, images)
    stacks = []
    for row in table.to_dict("records"):
        case, source = str(row["case_id"]), data_url(bytes(row["jpeg"]))
        if case not in images or source is None or len(source) > budget:
            continue
        budget -= len(source)
        lines, text = _lines(run, images[case])
        layer = Layer("", source, float(row["width"]), float(row["height"]), lines)
        one, several = _TITLES.get(str(row["kind"]), ("Another image", "Another image"))
        title = several if int((table["kind"] == row["kind"]).sum()) > 1 else one
        stacks.append(Stack(title, case, text, [layer]))
    return stacks


def _stored(run: DetectionRun, folder: Path, images: dict[str, ImageBoxes]) -> pd.DataFrame:
    """Rows to draw, in order of their kind."""
    place = {kind: number for number, kind in enumerate(_KINDS)}
    path = folder / "private" / "overlays.parquet"
    table = optional_table(path)
    if not table.empty:
        table = checked_columns(table, path, (*_COLUMNS, "kind"))
        table = table.assign(place=table["kind"].astype(str).map(place).fillna(len(place)))
        return table.sort_values(["place", "case_id"], kind="stable").head(_MOST)
    path = folder / "private" / "thumbnails.parquet"
    table = optional_table(path)
    if not set(_COLUMNS) <= set(table.columns):
        return pd.DataFrame()
    kinds = _picked(run, images)
    table = table.assign(case_id=table["case_id"].astype(str))
    table = table[table["case_id"].isin(kinds) & table["width"].notna() & table["height"].notna()]
    table = table.assign(kind=table["case_id"].map(kinds))
    return table.assign(place=table["kind"].map(place)).sort_values(["place", "case_id"], kind="stable")


def _picked(run: DetectionRun, images: dict[str, ImageBoxes]) -> dict[str, str]:
    """Case → kind: a few of the best, the middle and the worst."""
    score = run.score or 0.0
    ranked = sorted(images, key=lambda case: (-image_f1(images[case], run.base.labels, score), case))
    middle = max(0, (len(ranked) - _EACH) // 2)
    kinds = dict.fromkeys(ranked[middle : middle + _EACH], "median")
    return {**kinds, **dict.fromkeys(ranked[:_EACH], "best"), **dict.fromkeys(ranked[::-1][:_EACH], "worst")}


def _colour(place: int) -> int:
    return place % COLOURS + 1


def _lines(run: DetectionRun, image: ImageBoxes) -> tuple[list[Line], list[str]]:
    """True boxes dashed, predictions solid, what is right thin; and what was found, in a line."""
    lines, found, missed, false = [], 0, [], []
    score = run.score or 0.0
    for place, label in enumerate(run.base.labels):
        pair = pair_boxes(image, label, score=score)
        name = clip(label, 40)
        true = np.asarray(image.truth.get(label, np.zeros((0, 4))), dtype=np.float64).reshape(-1, 4)
        for box, hit in zip(true, pair.found, strict=True):
            title = f"{name}, true, {'found' if hit else 'missed'}"
            lines.append(Line(box_path(*box), _colour(place), dashed=True, faint=bool(hit), title=title))
        boxes, scores = image.predicted.get(label, (np.zeros((0, 4)), np.zeros(0)))
        for box, value, hit, used in zip(boxes, scores, pair.hits, pair.used, strict=True):
            if used:
                title = f"{name}, predicted with {decimal(float(value), 2)}, {'right' if hit else 'false'}"
                lines.append(Line(box_path(*box), _colour(place), faint=bool(hit), title=title))
        found += int(pair.found.sum())
        missed += [name] * int((~pair.found).sum())
        false += [name] * int(pair.false.sum())
    text = [f"{counted(found, 'box', 'boxes')} of {found + len(missed)} found, {len(false)} false"]
    text += [f"{title}: {listing(_tally(names))}" for title, names in (("Missed", missed), ("False", false)) if names]
    return lines, text


def _tally(names: list[str]) -> list[str]:
    """``2 cell``, ``1 platelet``."""
    return [f"{names.count(name)} {name}" for name in dict.fromkeys(names)]


def box_keys(run: DetectionRun) -> list[Key]:
    """What the lines mean."""
    classes = [Key(clip(label, 30), _colour(place)) for place, label in enumerate(run.base.labels[:COLOURS])]
    looks = [Key("true box", 7, dashed=True), Key("predicted box", 7), Key("thin: found and right", 7, faint=True)]
    return [*classes, *looks]
