"""The earlier part loses the case."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medgraft.data.cohort.leaks import Dropped, find_leaks


def test_patients_and_duplicates() -> None:
    table = pd.DataFrame(
        {
            "case_id": list("abcde"),
            "patient_id": pd.Series(["p", None, None, "p", None], dtype=object),
            "split": ["train", "train", "val", "test", "train"],
        }
    )
    assert find_leaks(table, np.array([0, 1, 1, 0, 2])) == [
        Dropped("a", "train", "patient is in test"),
        Dropped("b", "train", "duplicate of a val case"),
    ]
    assert find_leaks(table.assign(split="train"), np.array([0, 1, 1, 0, 2])) == []
