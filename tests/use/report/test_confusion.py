from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.confusion import confusion, wanted_pictures


def test_counts_equal_an_independent_library(fabricate):
    run = read_artefacts(fabricate(labels=("a", "b", "c")))
    matrix = confusion(run)
    rows = run.of_split("test")
    expected = confusion_matrix(rows["y_true"], rows["y_pred"], labels=["a", "b", "c"])
    np.testing.assert_array_equal([[cell.count for cell in row] for row in matrix.rows], expected)
    assert matrix.total == 48 and matrix.mistakes_total == expected.sum() - np.trace(expected)
    for row in matrix.rows:
        assert abs(sum(cell.share for cell in row) - 1) < 1e-9
        assert all(len(cell.cases) + cell.more == cell.count for cell in row)


def test_the_worst_mistakes_are_the_most_certain(fabricate):
    matrix = confusion(read_artefacts(fabricate(n=800)))
    certain = [float(case.probability) for case in matrix.mistakes]
    assert certain == sorted(certain, reverse=True) and len(certain) == 12
    assert all(case.true != case.predicted for case in matrix.mistakes)
    assert wanted_pictures(matrix)[:12] == [case.case_id for case in matrix.mistakes]
    assert wanted_pictures(None) == []


def test_many_classes_are_cut_to_the_commonest(fabricate):
    matrix = confusion(read_artefacts(fabricate(labels=tuple(f"class {i:02d}" for i in range(30)), n=600)))
    assert len(matrix.labels) == 20 and "20 commonest of 30" in matrix.note
    assert sum(len(cell.cases) for cell in matrix.cells) <= 3000


def test_nothing_predicted(fabricate):
    run = read_artefacts(fabricate())
    assert confusion(dataclasses.replace(run, predictions=run.predictions.iloc[:0])) is None


def test_unlabelled_cases_are_not_counted(fabricate):
    run = read_artefacts(fabricate())
    table = run.predictions.copy()
    first = table.index[table["split"] == "test"][:5]
    table.loc[first, "y_true"] = pd.NA
    assert confusion(dataclasses.replace(run, predictions=table)).total == 43
