"""Rows of ``predicted_boxes.parquet``: ``case_id label score x0 y0 x1 y1 split``, of a case the best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.outlines.box_frame import BOX_COLUMNS
from medgraft.transfer.detection.decoding import Candidates

__all__ = ["all_predicted", "predicted_boxes"]

_TEXT = pd.StringDtype(na_value=float("nan"))
_CORNERS = BOX_COLUMNS[2:]


def predicted_boxes(case: str, kept: Candidates, labels: Sequence[str], part: str) -> pd.DataFrame:
    """Of one case of a part of the data: every box that was not suppressed, whatever its score."""
    columns: dict[str, Any] = {
        "case_id": [case] * len(kept),
        "label": [labels[kind] for kind in kept.kinds.tolist()],
        "score": kept.scores,
        **{name: kept.boxes[:, place] for place, name in enumerate(_CORNERS)},
        "split": [part] * len(kept),
    }
    return pd.DataFrame(columns)


def all_predicted(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of them, of the same types where there is no box at all."""
    empty = {name: pd.Series([], dtype=_TEXT) for name in ("case_id", "label")}
    numbers = {name: pd.Series([], dtype=np.float64) for name in ("score", *_CORNERS)}
    filled = [frame for frame in frames if len(frame)]
    table = (
        pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({**empty, **numbers, "split": empty["label"]})
    )
    return table.astype(dict.fromkeys(("case_id", "label", "split"), _TEXT))
