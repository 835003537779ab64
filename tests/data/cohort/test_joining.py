"""Patients come from the table by path or by name, never by position."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.joining import rows_beside, stem, with_table
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.errors import CohortError


def put(folder: Path, *names: str) -> list[Draft]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return [Draft(folder / name) for name in names]


def joined(folder: Path, drafts: list[Draft], table: str, **options: object) -> Found:
    (folder / "t.csv").write_text(table, "utf-8")
    found = Found(tuple(drafts), "pairs", folder, labelled=False, target="masks")
    return with_table(found, folder, CohortOptions.model_validate(options))


def test_by_path_and_by_stem(tmp_path: Path) -> None:
    drafts = put(tmp_path, "images/a.png", "images/b.png", "images/c.png")
    table = "path,label,patient,site,split\nold/b.dcm,x,P2,s2,test\nimages/a.png,x,P1,s1,train\n"
    found = joined(tmp_path, drafts, table)
    assert [(draft.patient, draft.site, draft.split, draft.row) for draft in found.drafts] == [
        ("P1", "s1", "train", 3),
        (None, None, "test", 2),
        (None, None, None, None),
    ]
    assert found.target == "masks"
    assert found.kind == "pairs; joined to table t.csv, 2 rows, with patients"
    assert found.notes == ("1 cases are in no row of the table: their patients are unknown",)


def test_a_stem_of_two_rows_joins_neither(tmp_path: Path) -> None:
    drafts = put(tmp_path, "images/a.png")
    put(tmp_path, "x/a.png", "y/a.png")
    found = joined(tmp_path, drafts, "path,patient\nx/a.png,P1\ny/a.png,P2\n")
    assert found.drafts[0].patient is None


def test_the_folder_says_the_part_before_the_table(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png")
    found = joined(tmp_path, [Draft(tmp_path / "images/a.png", split="test")], "path,split\nimages/a.png,train\n")
    assert found.drafts[0].split == "test"


def test_rows_that_contradict_each_other_are_told_and_labels_are_no_matter(tmp_path: Path) -> None:
    drafts = put(tmp_path, "images/a.png", "images/b.png")
    table = "path,label,patient\nimages/a.png,x,P1\nimages/a.png,x,P2\nimages/b.png,x,P3\nimages/b.png,y,P3\n"
    first, second = joined(tmp_path, drafts, table).drafts
    assert first.problem == "rows 2 and 3 name the same file with different patients"
    assert (second.problem, second.patient) == (None, "P3")


def test_no_table_changes_nothing(tmp_path: Path) -> None:
    found = Found(tuple(put(tmp_path, "images/a.png")), "pairs", tmp_path, labelled=False)
    assert with_table(found, tmp_path, CohortOptions()) is found
    assert rows_beside(tmp_path, CohortOptions()) is None


def test_a_table_that_is_named_and_not_there_is_an_error(tmp_path: Path) -> None:
    found = Found(tuple(put(tmp_path, "images/a.png")), "pairs", tmp_path, labelled=False)
    with pytest.raises(CohortError, match=r"the table gone\.csv of --table is not there"):
        with_table(found, tmp_path, CohortOptions(table=Path("gone.csv")))


@pytest.mark.parametrize(("name", "wanted"), [("A.nii.gz", "a"), ("b.c.PNG", "b.c"), ("d", "d")])
def test_stems(name: str, wanted: str) -> None:
    assert stem(Path("x") / name) == wanted
