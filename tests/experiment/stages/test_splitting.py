"""The split covers the cohort, and the audit is in the schema."""

from __future__ import annotations

import pandas as pd

from medgraft.files import read_json


def test_every_case_is_in_one_part(fitted):
    split = read_json(fitted.run / "split.json")
    cases = [case for part in ("train", "val", "test") for case in split[part]]
    assert sorted(cases) == sorted(pd.read_parquet(fitted.run / "cohort.parquet")["case_id"])
    assert split["given"] is False
    assert split["leaking"] is False


def test_the_audit_has_its_sections(fitted):
    audit = read_json(fitted.run / "audit.json")
    sections = {"duplicates", "patients_across_splits", "quarantined", "label_conflicts", "pixels", "shortcuts"}
    assert sections <= audit.keys()
    assert audit["patients_across_splits"] == []
