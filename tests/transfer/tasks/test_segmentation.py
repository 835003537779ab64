"""Ids of structures follow the order of their names."""

import pandas as pd

from medgraft.transfer.tasks.segmentation import Segmentation


def test_ids_and_targets():
    task = Segmentation(("anterior", "posterior"))
    assert task.names == {1: "anterior", 2: "posterior"} and task.kind == "segmentation"
    assert task.targets(pd.DataFrame({"case_id": ["a", "b"]})).tolist() == [-1, -1]
    assert task.told(task.targets(pd.DataFrame({"case_id": ["a"]}))) == [""] and task.positive_index is None
