"""Which of two classes is the positive one, and how labels become numbers."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.tasks.classification import Classification, choose_positive


@pytest.mark.parametrize(
    ("classes", "positive"),
    [
        (("benign", "malignant"), "malignant"),
        (("No_findings", "Pneumonia"), "Pneumonia"),
        (("abnormal", "normal"), "abnormal"),
        (("covid", "healthy"), "covid"),
        (("0", "1"), "1"),
        (("clear", "nodule"), "nodule"),
        (("lesion", "no lesion"), "lesion"),
        (("a", "b"), "b"),
        (("noduli", "other"), "other"),
        (("NORMAL", "PNEUMONIA"), "PNEUMONIA"),
        (("negative", "positive"), "positive"),
        (("neg", "pos"), "pos"),
        (("no", "yes"), "yes"),
        (("False", "True"), "True"),
        (("covid", "non-covid"), "covid"),
        (("covid", "not covid"), "covid"),
        (("tumor", "without_tumor"), "tumor"),
        (("edema", " control "), "edema"),
        (("present", "absent"), "present"),
        (("abnormal", "suspicious"), "suspicious"),  # abnormal is no word of absence
        (("benign", "normal"), "normal"),  # both are: the second in order
    ],
)
def test_without_being_asked(classes, positive):
    chosen, note = choose_positive(classes, None)
    assert chosen == positive
    assert repr(positive) in note
    assert "--positive" in note


def test_asked():
    assert choose_positive(("benign", "malignant"), "benign") == ("benign", None)
    with pytest.raises(UsageError, match="did you mean 'malignant'"):
        choose_positive(("benign", "malignant"), "malignnant")


def test_more_classes_have_none():
    assert choose_positive(("a", "b", "c"), None) == (None, None)


def test_encoding():
    task = Classification(("a", "b"), "b")
    np.testing.assert_array_equal(task.encode(["b", "a", "c", None, float("nan")]), [1, 0, -1, -1, -1])
    assert (task.kind, task.positive_index) == ("binary", 1)
    assert Classification(("a", "b", "c"), None).kind == "multiclass"
    assert Classification(("a", "b", "c"), None).positive_index is None
