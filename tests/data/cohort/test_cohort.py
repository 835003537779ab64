"""What may leave ``private/`` and what may not."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import PRIVATE_COLUMNS, PUBLIC_COLUMNS, Cohort


def _cohort(patients: list[str | None]) -> Cohort:
    columns = {name: ["x"] * len(patients) for name in (*PUBLIC_COLUMNS, *PRIVATE_COLUMNS)}
    return Cohort(pd.DataFrame({**columns, "patient_id": pd.Series(patients, dtype=object)}), ("x",), "made", "made")


def test_public_and_private_columns_do_not_meet() -> None:
    cohort = _cohort(["p", "q"])
    assert not set(cohort.public().columns) & set(PRIVATE_COLUMNS)
    assert {"case_id", *PRIVATE_COLUMNS} == set(cohort.links().columns)
    assert len(cohort) == 2


def test_patients_are_known_only_if_all_are() -> None:
    assert _cohort(["p", "q"]).has_patients
    assert not _cohort(["p", None]).has_patients
    assert not _cohort([]).has_patients
    assert _cohort(["p"]).has_given_split
