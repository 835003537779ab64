"""What a check is given."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.check import Material
from medgraft.types import Modality


def _facts(pixel_hash: str) -> PixelFacts:
    span = (0.0, 255.0)
    return PixelFacts(pixel_hash, 0, 9, 9, 1, "uint8", *span, *span, 0.5, 0.2, Modality.UNKNOWN, None, ())


def test_cases_with_facts_in_order_and_labels_by_case() -> None:
    table = pd.DataFrame({"case_id": list("abc"), "patient_id": ["p", "p", None], "label": ["x", "y", None]})
    material = Material(Cohort(table, ("x", "y"), "made", "made"), {"c": _facts("2"), "a": _facts("1")}, {})
    assert material.cases() == ["a", "c"]
    assert material.labels() == {"a": "x", "b": "y", "c": None}
