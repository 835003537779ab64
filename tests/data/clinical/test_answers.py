"""Columns that are the label are found, and those that only go with it are left in peace."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medgraft.data.clinical.answers import answering_columns
from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.table import ClinicalRows

LABELS = np.array(["benign", "malignant"] * 8, dtype=object)


def rows(found=None, **columns):
    kinds = {name: "number" if np.asarray(cells).dtype.kind == "f" else "category" for name, cells in columns.items()}
    there = np.ones(len(LABELS), bool) if found is None else found
    return ClinicalRows(tuple(Column(n, k) for n, k in kinds.items()), pd.DataFrame(columns), there, "patient")


def test_the_label_by_any_name_is_found():
    malignant = LABELS == "malignant"
    given = rows(
        same=LABELS,
        other_words=np.where(malignant, "yes", "no").astype(object),
        code=malignant.astype(float),
        filled_for_one_class_only=np.where(malignant, np.arange(16.0), np.nan),
        age=np.linspace(40, 80, 16),
        perfect_but_graded=np.where(malignant, 10.0, 0.0) + np.arange(16.0) / 100,
        almost=np.where(np.arange(16) == 3, "no", np.where(malignant, "yes", "no")).astype(object),
    )
    assert answering_columns(given, LABELS) == ["same", "other_words", "code", "filled_for_one_class_only"]


def test_cases_without_a_row_do_not_count():
    found = np.arange(16) < 12
    column = LABELS.copy()
    column[12:] = None
    assert answering_columns(rows(found, same=column), LABELS) == ["same"]


def test_few_cases_say_nothing():
    assert answering_columns(rows(np.arange(16) < 6, same=LABELS), LABELS) == []
