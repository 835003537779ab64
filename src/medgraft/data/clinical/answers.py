"""Columns of a clinical table that are the answer itself: a model would copy them, and be of no use.

A column equals the label where each of its values goes with one class and each class with one of its values (yes for
malignant, no for benign), or where it is filled for the cases of one class only and for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.table import ClinicalRows

__all__ = ["answering_columns"]

_FEWEST = 10
"""With fewer cases two columns agree by chance."""


def answering_columns(rows: ClinicalRows, labels: Sequence[str] | NDArray[np.generic]) -> list[str]:
    """Names of the columns that equal ``labels`` (n,) in all cases that have a row."""
    truth = pd.Series(np.asarray(labels))[rows.found].reset_index(drop=True)
    if len(truth) < _FEWEST or truth.nunique() < 2:
        return []
    values = rows.values[rows.found].reset_index(drop=True)
    return [column.name for column in rows.columns if _equals(values[column.name], truth)]


def _equals(column: pd.Series, truth: pd.Series) -> bool:
    """Whether value and class go one with one, or being filled and class do."""
    return any(_one_to_one(side, truth) for side in (column.astype(str).where(column.notna(), ""), column.isna()))


def _one_to_one(side: pd.Series, truth: pd.Series) -> bool:
    pairs = pd.DataFrame({"side": side, "truth": truth}).drop_duplicates()
    return len(pairs) == truth.nunique() == side.nunique()
