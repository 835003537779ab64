"""Plain numbers side by side: AUROC by scikit-learn, what is clear, what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.errors import UsageError
from medgraft.measure.patients import Patients
from medgraft.measure.shift.aspects import compare_aspects

TARGET = np.arange(60) >= 30


def test_the_greatest_difference_first() -> None:
    random = np.random.default_rng(0)
    values = {
        "size": np.where(TARGET, 512, 1024) + random.normal(size=60),
        "brightness": 0.1 * random.normal(size=60),
        "contrast": random.normal(size=60) + 1.2 * TARGET,
    }
    found = compare_aspects(values, TARGET, Patients.of(np.arange(60), 60))
    assert [one.name for one in found] == ["size", "contrast", "brightness"]
    assert [one.clear for one in found] == [True, True, False]
    assert found[0].chance_higher == 0.0
    assert found[0].high < 0.2
    assert found[1].chance_higher == pytest.approx(roc_auc_score(TARGET, values["contrast"]))
    assert found[1].low < found[1].chance_higher < found[1].high
    assert (found[1].source, found[1].target) == tuple(
        pytest.approx(np.median(values["contrast"][side])) for side in (~TARGET, TARGET)
    )


def test_unknown_numbers_and_single_patients_are_left_out() -> None:
    values = {"depth": np.where(TARGET, np.nan, 8.0), "quality": np.where(np.arange(60) % 2, np.nan, np.arange(60.0))}
    found = compare_aspects(values, TARGET, Patients.of(None, 60))
    assert [(one.name, one.chance_higher) for one in found] == [("quality", 1.0)]
    one_patient = Patients.of(np.where(TARGET, 100, np.arange(60)), 60)
    assert compare_aspects(values, TARGET, one_patient) == ()
    with pytest.raises(UsageError, match="one number a case"):
        compare_aspects({"size": np.zeros(5)}, TARGET, one_patient)
