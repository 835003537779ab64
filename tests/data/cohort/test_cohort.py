"""What may leave ``private/`` and what may not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from medgraft.data.cohort.cohort import OUTLINE_COLUMNS, PRIVATE_COLUMNS, PUBLIC_COLUMNS, Cohort, masks_of


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


def test_what_is_outlined_is_private() -> None:
    cohort = _cohort(["p"])
    outlined = Cohort(cohort.table.assign(**dict.fromkeys(OUTLINE_COLUMNS, "x")), ("x",), "made", "made")
    assert set(outlined.public().columns) == set(PUBLIC_COLUMNS)
    assert {"case_id", *PRIVATE_COLUMNS, *OUTLINE_COLUMNS} == set(outlined.links().columns)
    assert not set(OUTLINE_COLUMNS) & {*PRIVATE_COLUMNS, *PUBLIC_COLUMNS}


def test_masks_of_a_cell() -> None:
    assert masks_of('["/a b/1.png", "/c;d/2.png"]') == (Path("/a b/1.png"), Path("/c;d/2.png"))
