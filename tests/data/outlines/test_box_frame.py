"""boxes.parquet: what is written comes back; a table that is damaged, foreign or changed is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.outlines.box_frame import BOX_COLUMNS, box_frame, boxes_of, read_boxes, write_boxes
from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.errors import ArtifactError, DataError

CASES = {
    "b": Boxes((Box("cell", 1, 2, 3, 4), Box("wbc", 0, 0, 9, 9))),
    "a": Boxes(),
    "c": Boxes((Box("cell", 5, 5, 6, 7),)),
}


def test_one_row_a_box() -> None:
    frame = box_frame(CASES)
    assert tuple(frame.columns) == BOX_COLUMNS
    assert frame.to_numpy().tolist() == [
        ["b", "cell", 1, 2, 3, 4],
        ["b", "wbc", 0, 0, 9, 9],
        ["c", "cell", 5, 5, 6, 7],
    ]


def test_round_trip(tmp_path: Path, drawn_boxes) -> None:
    path = tmp_path / "boxes.parquet"

    @settings(deadline=None, max_examples=30)
    @given(rows=st.dictionaries(st.text("abc", min_size=1), drawn_boxes, max_size=3))
    def comes_back(rows: dict[str, tuple[Box, ...]]) -> None:
        frame = box_frame({case: Boxes(boxes) for case, boxes in rows.items()})
        write_boxes(path, frame)
        pd.testing.assert_frame_equal(read_boxes(path), frame)
        found = boxes_of(read_boxes(path))
        assert {case: boxes.rows for case, boxes in found.items()} == {case: one for case, one in rows.items() if one}

    comes_back()


def test_no_boxes_are_a_table_with_its_columns(tmp_path: Path) -> None:
    write_boxes(tmp_path / "boxes.parquet", box_frame({"a": Boxes()}))
    found = read_boxes(tmp_path / "boxes.parquet")
    assert (len(found), tuple(found.columns)) == (0, BOX_COLUMNS)
    assert found["x0"].dtype == "float64"
    assert boxes_of(found) == {}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("x1", 0.0, "the box of row 2 is turned round"),
        ("x0", 9.0, "the box of row 2 has no area"),
        ("y0", float("nan"), "the box of row 2 has a corner that is no number"),
        ("x0", -5.0, "the box of row 2 reaches beyond its picture"),
        ("label", " ", "the box of row 2 has no label"),
        ("label", None, "row 2 has no case_id or no label as text"),
        ("case_id", None, "row 2 has no case_id or no label as text"),
    ],
)
def test_a_row_with_a_fault_is_told(tmp_path: Path, column: str, value: object, words: str) -> None:
    frame = box_frame(CASES)
    if column == "x1":
        frame.loc[1, "x0"] = 5.0
    frame.loc[1, column] = value
    with pytest.raises(DataError, match=words):
        boxes_of(frame)
    path = tmp_path / "boxes.parquet"
    write_boxes(path, frame)
    with pytest.raises(ArtifactError, match=words) as told:
        read_boxes(path)
    assert str(path) in str(told.value)


def test_damaged_and_foreign_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "boxes.parquet"
    write_boxes(path, box_frame(CASES))
    whole = path.read_bytes()
    foreign, words = tmp_path / "foreign.parquet", tmp_path / "words.parquet"
    pd.DataFrame({"case_id": ["a"]}).to_parquet(foreign)
    pd.DataFrame([["a", "cell", "left", "1", "2", "3"]], columns=list(BOX_COLUMNS)).to_parquet(words)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole[: len(whole) // 2])
    for wrong in (foreign, words, cut, tmp_path / "absent.parquet", tmp_path):
        with pytest.raises(ArtifactError, match=r"damaged or no table of boxes .*; make it again"):
            read_boxes(wrong)
