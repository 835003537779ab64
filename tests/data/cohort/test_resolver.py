"""The start of a reason."""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.resolver import Draft


def test_where_names_the_row() -> None:
    assert Draft(Path("x"), row=17).where == "row 17: "
    assert Draft(Path("x")).where == ""
