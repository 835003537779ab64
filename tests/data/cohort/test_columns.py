"""Columns by name, in any case; never a guess where two have the same name."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.columns import candidates
from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import CohortError

TABLE = Path("t.csv")


def test_usual_names() -> None:
    header = ("Image Path", "FILE", "Diagnosis", "Patient-ID", "source", "scanner", "fold", "Centre", "Set")
    found = {
        meaning: candidates(meaning, header, CohortOptions(), TABLE)
        for meaning in ("path", "label", "patient", "site", "split")
    }
    assert found == {
        "path": ["FILE", "Image Path"],
        "label": ["Diagnosis"],
        "patient": ["Patient-ID"],
        "site": ["Centre"],
        "split": ["Set"],
    }


def test_named_and_doubled() -> None:
    assert candidates("site", ("source",), CohortOptions(site_col="source"), TABLE) == ["source"]
    with pytest.raises(CohortError, match="two columns 'path'"):
        candidates("path", ("path", "path"), CohortOptions(), TABLE)
    with pytest.raises(CohortError, match="stands there twice"):
        candidates("path", ("x", "x"), CohortOptions(path_col="x"), TABLE)
