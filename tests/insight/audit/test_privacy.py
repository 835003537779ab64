"""Kinds are counted over cases; burned-in writing is a kind of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medgraft.insight.audit.check import Material
from medgraft.insight.audit.privacy import privacy


def test_kinds_are_counted(cohort_of: Callable, facts_of: Callable, textured: Callable) -> None:
    cohort = cohort_of(["a", "b", "a"])
    cases = cohort.table["case_id"].tolist()
    written = textured(0)
    written[40:80, 40:80] = np.indices((40, 40)).sum(0) % 2
    facts = {cases[0]: facts_of(written), cases[1]: facts_of(textured(1))}
    identifiers = {cases[0]: ["PatientName"], cases[1]: ["PatientName", "EXIF block"]}
    entries = privacy(Material(cohort, facts, {}, identifiers=identifiers))["privacy"]
    assert [(entry["finding"], entry["count"]) for entry in entries] == [
        ("PatientName", 2),
        ("EXIF block", 1),
        ("burned-in writing", 1),
    ]
    assert entries[2]["cases"] == [cases[0]]
    assert privacy(Material(cohort, {}, {}))["privacy"] == []
