"""Labels: mapped on purpose, never merged in silence."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from medgraft.data.cohort.labels import classes_of, settle_labels
from medgraft.data.cohort.resolver import Draft
from medgraft.errors import CohortError


def _settle(*labels: str | None, **mapping: str) -> list[tuple[str | None, str | None]]:
    drafts = [Draft(Path("x"), label=label, row=index) for index, label in enumerate(labels, start=2)]
    return [(draft.label, draft.problem) for draft in settle_labels(drafts, mapping)]


def test_mapping_and_missing() -> None:
    assert _settle("a", "b", None, "  ", b="a") == [
        ("a", None),
        ("a", None),
        (None, "row 4: no label"),
        (None, "row 5: no label"),
    ]


def test_one_letter_in_two_unicode_forms_is_one_label() -> None:
    settled = _settle(unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"))
    assert len(set(settled)) == 1


def test_variants_are_shown_with_the_way_out() -> None:
    with pytest.raises(CohortError, match=r"'BENIGN' and 'Benign'.*--label-map 'BENIGN=Benign'"):
        _settle("BENIGN", "Benign")
    with pytest.raises(CohortError, match="did you mean 'benign'"):
        _settle("benign", benin="x")


def test_classes_in_natural_order() -> None:
    assert classes_of(["grade 10", "grade 2", "grade 2"]) == ("grade 2", "grade 10")
