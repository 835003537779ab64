"""Stage: pictures of the best, the median and the worst test case with both outlines, for the report.

``private/overlays.parquet``: case_id, kind (best, median, worst), slice (from 1), jpeg (the picture, grey), truth_png
and called_png (ids of the structures, 8 bit), all three of one size. Of a volume those slices are kept on which either
outline lies, evenly spread where they are many.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image as PillowImage

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume import Volume
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.outlines import Outlined, StudyReader
from medgraft.experiment.tables import write_table

__all__ = ["overlays_stage"]

_SIDE, _SLICES = 384, 24
"""Longest side of a kept picture, and slices of a volume."""


def overlays_stage(run: RunFolder, studies: StudyReader, outlined: Outlined) -> None:
    """Write the pictures; nothing where no test case was scored."""
    cases = studies.cohort.table["case_id"].astype(str)
    judged = set(outlined.table.loc[outlined.table["split"] == "test", "case_id"]) if len(outlined.table) else set()
    tested = [place for place, row in enumerate(outlined.rows) if cases.iloc[row] in judged]
    if not tested:
        return
    own = outlined.table.groupby("case_id")["dice"].mean()
    order = sorted(tested, key=lambda place: (-float(own[cases.iloc[outlined.rows[place]]]), place))
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    rows: list[dict[str, Any]] = []
    for kind, place in chosen.items():
        row = outlined.rows[place]
        study, case = studies(row), cases.iloc[row]
        called = outlined.called(row, study)
        for number, (picture, truth, found) in _planes(study.content, study.labels, called):
            rows.append(
                {
                    "case_id": case,
                    "kind": kind,
                    "slice": number,
                    "jpeg": _jpeg(picture),
                    "truth_png": _png(truth),
                    "called_png": _png(found),
                }
            )
    write_table(run.private / "overlays.parquet", pd.DataFrame(rows), private=True)


Plane = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def _planes(
    content: Image | Volume, truth: NDArray[np.uint8] | None, called: NDArray[np.uint8]
) -> list[tuple[int, Plane]]:
    """(number of the slice, (picture, truth, called)), made smaller where they are large."""
    truth = np.zeros_like(called) if truth is None else truth
    if isinstance(content, Image):
        return [(1, _small(_grey(content), truth, called))]
    there = np.flatnonzero((truth > 0).any(axis=(1, 2)) | (called > 0).any(axis=(1, 2)))
    if not len(there):
        there = np.array([called.shape[0] // 2])
    places = np.unique(np.linspace(0, len(there) - 1, min(_SLICES, len(there))).round().astype(int))
    percentiles = content.percentiles()
    return [(int(z) + 1, _small(_grey(content.plane(int(z), percentiles)), truth[z], called[z])) for z in there[places]]


def _grey(image: Image) -> NDArray[np.uint8]:
    shown = np.clip(image.shown(), 0, 1).mean(axis=0)
    return np.asarray((shown * 255).round().astype(np.uint8))


def _small(picture: NDArray[np.uint8], truth: NDArray[np.uint8], called: NDArray[np.uint8]) -> Plane:
    rows, columns = picture.shape
    share = min(1.0, _SIDE / max(rows, columns))
    size = (max(1, round(columns * share)), max(1, round(rows * share)))
    smooth, nearest = PillowImage.Resampling.BILINEAR, PillowImage.Resampling.NEAREST
    shown, there, found = (
        np.asarray(PillowImage.fromarray(np.ascontiguousarray(one)).resize(size, how))
        for one, how in ((picture, smooth), (truth, nearest), (called, nearest))
    )
    return shown, there, found


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(picture).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _png(labels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(labels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
