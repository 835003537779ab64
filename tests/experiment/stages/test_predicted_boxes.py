"""Rows of predicted boxes: of a case the best first, and a table of the right types without any."""

import numpy as np

from medgraft.experiment.stages.predicted_boxes import all_predicted, predicted_boxes
from medgraft.transfer.detection.decoding import Candidates

KEPT = Candidates(np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]]), np.array([0.9, 0.2]), np.array([1, 0]))


def test_a_row_a_box():
    table = all_predicted([predicted_boxes("c1", KEPT, ("bar", "square"), "test")])
    assert table.columns.tolist() == ["case_id", "label", "score", "x0", "y0", "x1", "y1", "split"]
    assert table.iloc[0].tolist() == ["c1", "square", 0.9, 1, 2, 3, 4, "test"]
    assert table["label"].tolist() == ["square", "bar"]


def test_without_a_box_the_types_are_the_same():
    none = Candidates(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    empty = all_predicted([predicted_boxes("c1", none, ("bar",), "test")])
    filled = all_predicted([predicted_boxes("c1", KEPT, ("bar", "square"), "test")])
    assert len(empty) == 0 and (empty.dtypes == filled.dtypes).all()
