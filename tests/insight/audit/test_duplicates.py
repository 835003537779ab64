"""Which cases belong together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medgraft.insight.audit.duplicates import case_groups


def test_joins_are_transitive_and_unknown_joins_nothing() -> None:
    table = pd.DataFrame({"patient_id": pd.Series(["p", None, "q", "q", None, None], dtype=object)})
    groups = case_groups(table, ["x", "x", "y", "x", None, None])
    np.testing.assert_array_equal(groups, [0, 0, 0, 0, 1, 2])
