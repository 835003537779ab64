"""The task of boxes: names in order, and what was found in words."""

import numpy as np
import pandas as pd

from medgraft.transfer.tasks.detection import Detection


def test_it_has_no_positive_class_and_no_class_a_case():
    task = Detection(("cell", "platelet"))
    assert (task.kind, task.positive, task.positive_index) == ("detection", None, None)
    assert task.targets(pd.DataFrame({"case_id": ["a", "b", "c"]})).tolist() == [[-1, -1]] * 3


def test_it_tells_what_was_found():
    told = Detection(("cell", "platelet")).told(np.array([[3, 1], [0, 2], [0, 0]]))
    assert told == ["3 cell, 1 platelet", "2 platelet", ""]
