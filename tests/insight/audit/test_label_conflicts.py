"""The same pixels under two labels."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.check import Material
from medgraft.insight.audit.label_conflicts import label_conflicts
from medgraft.types import Modality


def _facts(pixel_hash: str) -> PixelFacts:
    span = (0.0, 255.0)
    return PixelFacts(pixel_hash, 0, 9, 9, 1, "uint8", *span, *span, 0.5, 0.2, Modality.UNKNOWN, None, ())


def test_an_unknown_label_is_no_conflict() -> None:
    table = pd.DataFrame({"case_id": list("abc"), "patient_id": ["p", "p", None], "label": ["x", "y", None]})
    cohort = Cohort(table, ("x", "y"), "made", "made")
    same = {case: _facts("1") for case in "abc"}
    assert label_conflicts(Material(cohort, same, {}))["label_conflicts"] == [
        {"cases": ["a", "b", "c"], "labels": ["x", "y", None]}
    ]
    one = {"a": _facts("1"), "c": _facts("1")}
    assert label_conflicts(Material(cohort, one, {}))["label_conflicts"] == []
