"""Targets by name, and what was called as text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medgraft.transfer.tasks.multi_label import MultiLabel


def test_targets_are_joined_by_name():
    table = pd.DataFrame({"case_id": list("abc"), "label:mass": [1.0, 0.0, np.nan], "label:other": [1.0] * 3})
    task = MultiLabel(("effusion", "mass"))
    np.testing.assert_array_equal(task.targets(table), [[-1, 1], [-1, 0], [-1, -1]])
    assert task.told(np.array([[1, 1], [0, 1], [0, 0]])) == ["effusion, mass", "mass", "none"]
    assert (task.kind, task.positive, task.positive_index) == ("multi-label", None, None)
