"""Which table wins, and how its paths are found."""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.data.cohort.table import listing_table, resolve_table


def _found(data: Path, **options: object) -> Found:
    found = resolve_table(data, CohortOptions.model_validate(options))
    assert isinstance(found, Found), found
    return found


def test_paths_are_relative_to_the_table_then_to_data(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    for name in ("1.png", "tables/2.png", "tables/1.txt"):
        (tmp_path / name).write_bytes(b"x")
    table = tmp_path / "tables" / "t.csv"
    table.write_text("path,class,label,set\n1.png,a,b,NIH\n2.png,a,b,NIH\n..\\1.png,a,b,NIH\n", "utf-8")
    found = _found(tmp_path, table="tables/t.csv")
    places = [str(draft.path.relative_to(tmp_path)) for draft in found.drafts]
    assert places == ["1.png", "tables/2.png", "1.png"]
    assert [draft.label for draft in found.drafts] == ["b"] * 3
    assert any("label, class of t.csv" in note for note in found.notes)
    assert any("holds 'NIH' and is not read as a split" in note for note in found.notes)


def test_a_table_that_lists_other_things_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "pairs.csv").write_text("file_a,file_b\na.png,a.png\n", "utf-8")
    reason = resolve_table(tmp_path, CohortOptions())
    assert isinstance(reason, str)
    assert "no column is called path" in reason


def test_empty_label_column_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "t.csv").write_text("path,label\na.png,\n", "utf-8")
    found = _found(tmp_path)
    assert not found.labelled
    assert "is empty: the cases are unlabelled" in found.notes[0]


def test_the_table_that_lists_the_cases_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "cases.csv").write_text("path,label,sex\na.png,x,f\n", "utf-8")
    (tmp_path / "other.csv").write_text("name,value\nq,1\n", "utf-8")
    listed = listing_table(tmp_path, CohortOptions())
    assert listed is not None
    assert listed.path.name == "cases.csv"
    assert listed.rows.column("sex") == ["f"]
    assert listed.places == (tmp_path / "a.png",)
    assert listing_table(tmp_path / "cases.csv", CohortOptions()) == listed
    (tmp_path / "again.csv").write_text("path,label\na.png,x\n", "utf-8")
    assert listing_table(tmp_path, CohortOptions()) is None  # two fit: which one cannot be told


def _masked(folder: Path, table: str, **options: object) -> Found:
    for name in ("a.png", "b.png", "m/a.png", "vein/b.png", "artery/b.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    (folder / "t.csv").write_text(table, "utf-8")
    return _found(folder, **options)


def test_masks_where_the_task_asks_for_them(tmp_path: Path) -> None:
    table = "path,mask,label,patient\na.png,m/a.png,x,P1\nb.png,vein/b.png;artery/b.png,y,P2\nb.png,gone.png,y,P2\n"
    found = _masked(tmp_path, table + "a.png,,y,P3\n", task="segmentation")
    assert (found.target, found.labelled, found.by_folder) == ("masks", False, True)
    assert found.kind == "table t.csv, 4 rows with masks (column mask), with patients"
    assert [tuple(mask.relative_to(tmp_path).as_posix() for mask in draft.masks) for draft in found.drafts] == [
        ("m/a.png",),
        ("vein/b.png", "artery/b.png"),
        ("gone.png",),
        (),
    ]
    assert [draft.problem for draft in found.drafts] == [None, None, "row 4: no such mask file", "row 5: no mask"]
    assert {draft.label for draft in found.drafts} == {None}
    assert _found(tmp_path).target == "labels"


def test_a_column_of_masks_by_name(tmp_path: Path) -> None:
    found = _masked(tmp_path, "path,drawn,label\na.png,m/a.png,x\n", mask_col="drawn")
    assert found.target == "masks"
    reason = resolve_table(tmp_path, CohortOptions(task="segmentation"))
    assert reason == "a column of masks in t.csv (none is called mask; --mask-col names it)"


def test_masks_are_taken_where_there_are_no_labels(tmp_path: Path) -> None:
    assert _masked(tmp_path, "path,mask\na.png,m/a.png\n").target == "masks"
    assert _found(tmp_path, task="classification").target == "labels"


def test_a_table_called_boxes_lists_no_cases(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text("path,label\na.png,x\n", "utf-8")
    assert _masked(tmp_path, "path,label\na.png,x\n").kind.startswith("table t.csv, 1 rows")
