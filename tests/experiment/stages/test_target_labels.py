"""Which target labels teach and which judge: whole patients, each class in turn, none of the source."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medgraft.errors import CohortError
from medgraft.experiment.stages.target_labels import target_labels
from medgraft.progress import Progress

CLASSES = ("clear", "nodule")


def sides(labels, patients, known=()):
    cases = [f"c{number}" for number in range(len(labels))]
    target = pd.DataFrame({"case_id": cases, "patient_id": patients, "label": labels})
    source = pd.DataFrame({"case_id": list(known), "patient_id": [None] * len(known)})
    return SimpleNamespace(source=SimpleNamespace(table=source), target=SimpleNamespace(table=target))


@pytest.mark.parametrize("seed", range(5))
def test_whole_patients_of_both_classes(seed):
    labels = ["clear"] * 30 + ["nodule"] * 10
    patients = [f"p{number // 2}" for number in range(40)]
    found = target_labels(sides(labels, patients), CLASSES, 8, seed, Progress())
    assert 8 <= len(found.learnt) <= 9
    assert sorted([*found.learnt, *found.judged]) == list(range(40))
    names = np.array(patients)
    assert not set(names[found.learnt]) & set(names[found.judged])
    assert (found.truth[found.learnt] == 1).sum() == (found.truth[found.learnt] == 0).sum()


def test_unknown_labels_and_cases_of_the_source_judge_nothing():
    progress = Progress()
    found = target_labels(sides(["clear", None, "nodule"], ["a", "b", "c"], known=["c2"]), CLASSES, 0, 0, progress)
    assert found.truth.tolist() == [0, -1, 1]
    assert (found.learnt.tolist(), found.judged.tolist()) == ([], [0])
    assert "1 target cases are of pictures or patients that the source has" in " ".join(progress.notices)


def test_patients_that_are_not_known_are_one_each():
    found = target_labels(sides(["clear", "nodule"] * 4, [None] * 8), CLASSES, 4, 0, Progress())
    assert len(found.learnt) == len(found.judged) == 4


def test_more_labels_than_there_are_and_other_classes():
    with pytest.raises(CohortError, match="--labels 9, and 2 target cases have a label"):
        target_labels(sides(["clear", "nodule"], ["a", "b"]), CLASSES, 9, 0, Progress())
    with pytest.raises(CohortError, match="'cat' are not classes of this run"):
        target_labels(sides(["cat", "nodule"], ["a", "b"]), CLASSES, 0, 0, Progress())
