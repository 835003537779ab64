"""Patients in two parts, and patients unknown."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.insight.audit.check import Material
from medgraft.insight.audit.patients import patients_across_splits


def test_across_and_unknown() -> None:
    table = pd.DataFrame({"case_id": list("abc"), "patient_id": ["p", "p", None], "label": ["x", "y", None]})
    cohort = Cohort(table, ("x", "y"), "made", "made")
    found = patients_across_splits(Material(cohort, {}, {"a": "train", "b": "test", "c": "test"}))
    assert found["patients_across_splits"] == [{"patient": "p", "splits": ["train", "test"], "cases": 2}]
    assert found["notes"][0].startswith("the patient of 1 of 3 cases is unknown")
    assert patients_across_splits(Material(cohort, {}, {}))["patients_across_splits"] == []
