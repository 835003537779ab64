"""The ways to read DATA are tried in the order that the interfaces promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolve import RESOLVERS, resolve
from medgraft.errors import CohortError


def test_order() -> None:
    assert list(RESOLVERS) == ["npz", "table", "image-masks", "boxes", "class-folders", "image-folder"]


def test_the_message_says_what_was_wrong_with_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,label\ngone.png,a\n", "utf-8")
    with pytest.raises(CohortError, match=r"t\.csv: none of the 1 files in its column 'path' is there"):
        resolve(tmp_path, CohortOptions())


def _put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def _target(folder: Path, **options: object) -> str:
    return resolve(folder, CohortOptions.model_validate(options)).target


def test_the_same_data_may_be_read_for_each_task(tmp_path: Path) -> None:
    """As the phantom lies there: a table, masks and boxes."""
    _put(tmp_path, "images/a.png", "masks/a.png")
    assert _target(tmp_path) == "masks"
    (tmp_path / "boxes.csv").write_text("stem,x0,y0,x1,y1\na,1,1,2,2\n", "utf-8")
    assert _target(tmp_path) == "masks"
    assert _target(tmp_path, task="detection") == "boxes"
    (tmp_path / "table.csv").write_text("path,label,patient,mask\nimages/a.png,x,P1,masks/a.png\n", "utf-8")
    for task, target in (
        ("auto", "labels"),
        ("classification", "labels"),
        ("segmentation", "masks"),
        ("detection", "boxes"),
    ):
        assert _target(tmp_path, task=task) == target


def test_only_boxes_are_boxes(tmp_path: Path) -> None:
    _put(tmp_path, "images/a.png")
    (tmp_path / "boxes.csv").write_text("stem,x0,y0,x1,y1\na,1,1,2,2\n", "utf-8")
    assert _target(tmp_path) == "boxes"
    assert _target(tmp_path, task="classification") == "labels"


def test_masks_in_folders_with_patients_in_a_table_that_has_none(tmp_path: Path) -> None:
    _put(tmp_path, "images/a.png", "masks/a.png")
    (tmp_path / "t.csv").write_text("path,label,patient\nimages/a.png,x,P1\n", "utf-8")
    found = resolve(tmp_path, CohortOptions(task="segmentation"))
    assert found.kind == "pictures and masks, 1 pairs; joined to table t.csv, 1 rows, with patients"
    assert [(draft.patient, draft.label, len(draft.masks)) for draft in found.drafts] == [("P1", None, 1)]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("segmentation", "for --task segmentation: masks are needed: a folder images beside one called masks"),
        ("detection", "for --task detection: boxes are needed: Pascal VOC"),
    ],
)
def test_what_data_cannot_give_is_said(tmp_path: Path, task: str, message: str) -> None:
    _put(tmp_path, "benign/a.png", "malignant/b.png")
    with pytest.raises(CohortError, match=message):
        _target(tmp_path, task=task)
    (tmp_path / "t.csv").write_text("path,label\nbenign/a.png,x\n", "utf-8")
    with pytest.raises(CohortError, match=message):
        _target(tmp_path, task=task)
