"""``boxes.parquet``: ``case_id label x0 y0 x1 y1``, one row a box, corners in pixels, half-open.

A case without a row is one without boxes; which cases there are says the cohort.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from medgraft.data.outlines.boxes import Box, Boxes, box_fault
from medgraft.errors import ArtifactError, DataError
from medgraft.files import write_bytes

__all__ = ["BOX_COLUMNS", "boxes_of", "box_frame", "read_boxes", "write_boxes"]

BOX_COLUMNS = ("case_id", "label", "x0", "y0", "x1", "y1")


def box_frame(cases: Mapping[str, Boxes]) -> pd.DataFrame:
    """The table of ``cases`` by their id, in their order."""
    rows = [(case, *box) for case, boxes in cases.items() for box in boxes.rows]
    text = pd.StringDtype(na_value=float("nan"))
    columns: dict[str, pd.Series] = {}
    for place, name in enumerate(BOX_COLUMNS):
        values = [row[place] for row in rows]
        columns[name] = pd.Series(values, dtype=text if place < 2 else np.dtype(np.float64))
    return pd.DataFrame(columns)


def boxes_of(frame: pd.DataFrame) -> dict[str, Boxes]:
    """The boxes of every case that has a row, in the order of rows. Raises ``DataError``, with the row (from 1), for a
    row with a fault."""
    found: dict[str, list[Box]] = {}
    rows = frame.loc[:, list(BOX_COLUMNS)].itertuples(index=False, name=None)
    for number, (case, label, *corners) in enumerate(rows, start=1):
        if not isinstance(case, str) or not isinstance(label, str):
            raise DataError(f"reading boxes: row {number} has no case_id or no label as text; make the table again")
        box = Box(label, *(float(value) for value in corners))
        fault = box_fault(box)
        if fault:
            raise DataError(f"reading boxes: the box of row {number} {fault}; correct it")
        found.setdefault(case, []).append(box)
    return {case: Boxes(tuple(rows)) for case, rows in found.items()}


def write_boxes(path: Path, frame: pd.DataFrame) -> None:
    """Write the table atomically."""
    buffer = io.BytesIO()
    frame.loc[:, list(BOX_COLUMNS)].to_parquet(buffer, index=False)
    write_bytes(path, buffer.getvalue())


def read_boxes(path: Path) -> pd.DataFrame:
    """What ``write_boxes`` wrote. Raises ``ArtifactError`` where it is damaged, not it, or has a row with a fault."""
    try:
        frame = pd.read_parquet(path)
        boxes_of(frame)
    except DataError as error:
        raise ArtifactError(f"reading {path}: it was changed ({error}); make it again") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"reading {path}: it is damaged or no table of boxes ({type(error).__name__}); make it again"
        ) from error
    return frame.loc[:, list(BOX_COLUMNS)]
