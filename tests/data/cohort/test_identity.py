"""Ids follow the content, and are keyed."""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.identity import case_ids, patient_ids, patients_from_names
from medgraft.data.cohort.resolver import Draft
from medgraft.home import Home


def test_ids(tmp_path: Path) -> None:
    home = Home(tmp_path / "a")
    ids = case_ids(home, [("s", ""), ("s", "1"), ("s", ""), ("t", "")])
    assert len(set(ids)) == 4
    assert ids[0] == home.keyed_hash("case", "s#")
    assert ids[2] == home.keyed_hash("case", "s##2")
    assert case_ids(Home(tmp_path / "b"), [("s", "")]) != ids[:1]
    first, unknown, again = patient_ids(home, ["p", None, "p"])
    assert first == again
    assert unknown is None


def test_name_before_path() -> None:
    drafts = [Draft(Path("/d/p1/p2_x.png")), Draft(Path("/d/p3/x.png")), Draft(Path("/p4/x.png")), Draft(Path("/d/x"))]
    found, unmatched = patients_from_names(drafts, r"(p\d)", Path("/d"))
    assert [draft.patient for draft in found] == ["p2", "p3", "p4", None]
    assert unmatched == 1
