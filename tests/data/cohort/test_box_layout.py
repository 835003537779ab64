"""Boxes in a table beside the pictures: keys, corners, and which picture is known to be empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from medgraft.data.cohort.box_layout import resolve_box_table
from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError


def put(folder: Path, table: str, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    (folder / "boxes.csv").write_text(table, "utf-8")
    return folder


def found_in(folder: Path, **options: object) -> Found:
    found = resolve_box_table(folder, CohortOptions.model_validate(options))
    assert found is not None
    return found


def rows(found: Found) -> dict[str, int | str]:
    return {draft.path.name: draft.problem or len(draft.boxes.rows if draft.boxes else ()) for draft in found.drafts}


@pytest.mark.parametrize("key", ["a", "a.png", "images/a.png", "A", "../images/a.png".replace("..", ".")])
def test_keys(tmp_path: Path, key: str) -> None:
    put(tmp_path, f"stem,label,x0,y0,x1,y1\n{key},cell,1,1,3,3\n{key},cell,2,2,4,4\n", "images/a.png")
    assert rows(found_in(tmp_path)) == {"a.png": 2}


def test_what_points_nowhere_is_named_by_its_row(tmp_path: Path) -> None:
    put(tmp_path, "stem,x,y,w,h\na,1,1,3,3\ngone,1,1,3,3\n,1,1,3,3\n", "images/a.png", "images/a.jpg")
    assert [draft.problem for draft in found_in(tmp_path).drafts] == [
        "row 2: 2 pictures have its name; give its path",
        "row 3: its picture is not there",
        "row 4: it names no picture",
    ]


def test_empty_left_out_and_split(tmp_path: Path) -> None:
    """Empty corners say that a picture is empty; no row says nothing; a table of cases says that it is one of them."""
    names = [
        f"images/{part}/{name}.png" for part, name in (("train", "a"), ("train", "b"), ("test", "c"), ("test", "d"))
    ]
    put(tmp_path, "stem,x0,y0,x1,y1\na,1,1,3,3\nb,,,,\n", *names)
    found = found_in(tmp_path)
    assert rows(found) == {"a.png": 1, "b.png": 0}
    assert found.notes == ("2 pictures are in no table and are left out: it is not known whether they are empty",)
    (tmp_path / "cases.csv").write_text("path\nimages/train/a.png\nimages/test/c.png\n", "utf-8")
    found = found_in(tmp_path)
    assert {draft.path.name: draft.split for draft in found.drafts} == {
        "a.png": "train",
        "b.png": "train",
        "c.png": "test",
    }
    assert rows(found)["c.png"] == 0


def test_one_label_where_the_table_has_none(tmp_path: Path) -> None:
    put(tmp_path, "stem,x0,y0,x1,y1,kind\na,1,1,3,3,cell\n", "images/a.png")
    for options, label in (({}, "object"), ({"label_col": "kind"}, "cell")):
        (draft,) = found_in(tmp_path, **options).drafts
        assert draft.boxes is not None
        assert draft.boxes.rows[0].label == label


def test_parquet_and_other_names(tmp_path: Path) -> None:
    put(tmp_path, "", "images/a.png")
    (tmp_path / "boxes.csv").unlink()
    frame = pd.DataFrame({"case_id": ["a"], "label": ["cell"], "x0": [1.0], "y0": [1.0], "x1": [3.0], "y1": [3.5]})
    frame.to_parquet(tmp_path / "boxes.parquet")
    assert rows(found_in(tmp_path)) == {"a.png": 1}
    (tmp_path / "boxes.parquet").rename(tmp_path / "drawn.parquet")
    assert resolve_box_table(tmp_path, CohortOptions()) is None
    assert rows(found_in(tmp_path, task="detection", table=Path("drawn.parquet"))) == {"a.png": 1}
    assert rows(found_in(tmp_path / "drawn.parquet", task="detection")) == {"a.png": 1}


@pytest.mark.parametrize(
    ("header", "lacking"), [("stem,label,x0,y0", "the corners"), ("label,x0,y0,x1,y1", "the picture")]
)
def test_a_table_of_boxes_without_its_columns_is_an_error(tmp_path: Path, header: str, lacking: str) -> None:
    put(tmp_path, f"{header}\n", "images/a.png")
    with pytest.raises(CohortError, match=f"no columns for {lacking}"):
        resolve_box_table(tmp_path, CohortOptions())


@pytest.mark.parametrize("layout", ["table", "dicom"])
def test_the_phantom(tmp_path: Path, outlined: Callable[..., Cohort], layout: str) -> None:
    folder = write_phantom(tmp_path / "p", patients=8, images_per_patient=(1, 2), size=64, seed=3, layout=layout)
    truth = pd.read_csv(folder / "table.csv")
    boxes = pd.read_csv(folder / "boxes.csv")
    cohort = outlined(folder, task="detection")
    assert cohort.boxes is not None
    assert (len(cohort), cohort.target, cohort.classes) == (len(truth), "boxes", ("nodule",))
    assert cohort.has_patients
    assert cohort.table["site"].notna().all()
    by_stem = {
        Path(path).stem: cohort.boxes[case] for path, case in cohort.table[["path", "case_id"]].itertuples(index=False)
    }
    for stem, found in by_stem.items():
        wanted = boxes.loc[boxes["stem"] == stem, ["x0", "y0", "x1", "y1"]].to_numpy()
        assert found.corners.tolist() == wanted.tolist()
        assert found.size == (64, 64)
    assert outlined(folder).target == "labels"
