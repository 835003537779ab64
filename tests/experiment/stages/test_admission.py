"""Which cases of other data a run is judged on; whole evaluations are in ``test_predicting.py``."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.data.outlines.legend import settle_legend
from medgraft.errors import CohortError, LeakageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.admission import (
    boxed_alike,
    labelled_alike,
    lost_cases,
    outlined_alike,
    tell_lost,
    unseen,
)
from medgraft.progress import Progress
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.detection import Detection
from medgraft.transfer.tasks.segmentation import Segmentation

TASK = Classification(("a", "b"), "b")


def cohort(labels=("a", "b", None), patients=("p1", "p2", "p3")):
    table = pd.DataFrame({"case_id": ["c1", "c2", "c3"], "patient_id": patients, "label": labels})
    return Cohort(table, ("a", "b"), kind="made", name="made")


@pytest.fixture
def folder(tmp_path):
    seen = pd.DataFrame({"case_id": ["c1", "x", "t"], "patient_id": ["p9", "p2", "p3"]})
    seen.to_parquet(tmp_path / "cohort.parquet")
    return RunFolder(tmp_path)


SPLIT = {"train": ["c1"], "val": ["x"], "test": ["t"]}


def test_unlabelled_cases_are_left_out_and_foreign_labels_refused():
    assert labelled_alike(cohort(), TASK).table["case_id"].tolist() == ["c1", "c2"]
    with pytest.raises(CohortError, match="are not classes"):
        labelled_alike(cohort(("a", "bb", None)), TASK)
    with pytest.raises(CohortError, match="no labels"):
        labelled_alike(cohort((np.nan,) * 3), TASK)


def test_the_same_picture_or_patient_is_left_out_and_a_test_case_is_not(folder):
    progress = Progress()
    assert unseen(cohort(), folder, SPLIT, "drop", progress).table["case_id"].tolist() == ["c3"]
    assert progress.notices[0].startswith("2 cases took part in training")
    assert len(unseen(cohort(), folder, SPLIT, "keep", Progress())) == 3
    with pytest.raises(LeakageError):
        unseen(cohort(), folder, SPLIT, "error", Progress())
    with pytest.raises(CohortError, match="every case"):
        unseen(cohort(patients=("p9", "p2", "p2")), folder, SPLIT, "drop", Progress())


def outlined(*names):
    legend = settle_legend([], given={str(10 * number): name for number, name in enumerate(names, start=1)})
    return Cohort(cohort().table, names, kind="made", name="made", target="masks", legend=legend)


def test_outlines_go_by_the_names_of_structures():
    task = Segmentation(("liver", "tumour"))
    assert outlined_alike(outlined("tumour"), task).classes == ("tumour",)
    with pytest.raises(CohortError, match=r"'tumor'.*did you mean 'tumour'.*--mask-values 20=liver"):
        outlined_alike(outlined("liver", "tumor"), task)
    with pytest.raises(CohortError, match="no masks"):
        outlined_alike(cohort(), task)


def test_nothing_is_left_out_in_silence():
    table = pd.DataFrame({"path": ["a.png", "b.png", "c.png"]})
    cohort = SimpleNamespace(table=table, quarantined=[SimpleNamespace(path="x.png", reason="no image")])
    lost = lost_cases(cohort, {2: "cut off", 0: "empty"})
    assert lost == [("x.png", "no image"), ("a.png", "empty"), ("c.png", "cut off")]
    progress = Progress()
    tell_lost([], progress)
    tell_lost(lost, progress, " of the target")
    assert list(progress.notices) == ["3 cases of the target could not be used and are left out"]


def test_boxes_are_needed_and_must_be_of_the_runs_classes():
    task = Detection(("bar", "square"))
    with pytest.raises(CohortError, match=r"the data have none; .*boxes\.csv"):
        boxed_alike(cohort(), task)
    there = replace(cohort(), classes=("bar",), boxes={"c1": Boxes((Box("bar", 0, 0, 4, 4),))})
    assert boxed_alike(there, task) is there
    with pytest.raises(CohortError, match=r"'bars'.*did you mean 'bar'.*--label-map bars=bar"):
        boxed_alike(replace(there, classes=("bars", "square")), task)
