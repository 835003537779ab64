"""COCO on the disk: which file is for which part, where its pictures lie, and what is no such data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medgraft.data.cohort.coco_layout import resolve_coco
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.errors import CohortError


def coco(path: Path, *names: str, boxes: bool = True) -> Path:
    content = {
        "images": [{"id": number, "file_name": name, "width": 10, "height": 8} for number, name in enumerate(names)],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "bbox": [1, 1, 3, 3]} for number in range(len(names))
        ]
        if boxes
        else [],
        "categories": [{"id": 1, "name": "cell"}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found_in(folder: Path, **options: object) -> Found:
    found = resolve_coco(folder, CohortOptions.model_validate(options))
    assert found is not None
    return found


def drafts(found: Found) -> dict[str, tuple[str | None, int]]:
    return {
        draft.path.relative_to(found.base).as_posix(): (draft.split, len(draft.boxes.rows) if draft.boxes else -1)
        for draft in found.drafts
    }


@pytest.mark.parametrize("place", ["images/a.jpg", "a.jpg", "JPEGImages/a.jpg"])
@pytest.mark.parametrize("file", ["annotations.json", "annotations/all.json"])
def test_one_file_for_all(tmp_path: Path, place: str, file: str) -> None:
    put(tmp_path, place)
    coco(tmp_path / file, "a.jpg")
    found = found_in(tmp_path)
    assert drafts(found) == {place: (None, 1)}
    assert (found.target, found.kind) == ("boxes", "COCO boxes, 1 pictures")


@pytest.mark.parametrize("folder", ["{}2017", "images/{}", "images/{}2017", "images"])
def test_one_file_a_part_by_name(tmp_path: Path, folder: str) -> None:
    for part in ("train", "val"):
        put(tmp_path, f"{folder.format(part)}/{part}-1.jpg")
        coco(tmp_path / "annotations" / f"instances_{part}2017.json", f"{part}-1.jpg")
    coco(tmp_path / "annotations" / "captions.json", "train-1.jpg")
    assert sorted(drafts(found_in(tmp_path)).values()) == [("train", 1), ("val", 1)]


def test_one_file_a_part_by_folder(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        put(tmp_path, f"{part}/a.jpg")
        coco(tmp_path / part / "_annotations.coco.json", "a.jpg")
    assert drafts(found_in(tmp_path)) == {
        "train/a.jpg": ("train", 1),
        "valid/a.jpg": ("val", 1),
        "test/a.jpg": ("test", 1),
    }


def test_a_picture_of_two_parts_is_set_aside(tmp_path: Path) -> None:
    put(tmp_path, "images/a.jpg", "images/b.jpg")
    coco(tmp_path / "annotations" / "train.json", "a.jpg", "b.jpg")
    coco(tmp_path / "annotations" / "test.json", "a.jpg")
    problems = {draft.path.name: draft.problem for draft in found_in(tmp_path).drafts}
    assert problems == {"a.jpg": "two parts of the split name it; keep one", "b.jpg": None}


def test_a_listed_picture_without_boxes_is_empty_and_an_unlisted_one_left_out(tmp_path: Path) -> None:
    put(tmp_path, "images/a.jpg", "images/b.jpg")
    coco(tmp_path / "annotations.json", "a.jpg", boxes=False)
    found = found_in(tmp_path)
    assert drafts(found) == {"images/a.jpg": (None, 0)}
    assert found.notes == ("1 pictures have no annotation that can be used and are left out",)


def test_pictures_that_are_nowhere_are_named(tmp_path: Path) -> None:
    coco(tmp_path / "annotations.json", "a.jpg", "../../etc/passwd", "/etc/passwd")
    problems = {draft.problem for draft in found_in(tmp_path).drafts}
    assert problems == {"its picture is not in the folder of pictures; add it, or correct the name in the annotation"}


def test_the_file_itself_may_be_given(tmp_path: Path) -> None:
    put(tmp_path, "images/a.jpg")
    path = coco(tmp_path / "x.json", "a.jpg")
    coco(tmp_path / "y.json", "a.jpg")
    assert len(found_in(path).drafts) == 1
    with pytest.raises(CohortError, match=r"2 COCO files lie there \(x\.json, y\.json\)"):
        resolve_coco(tmp_path, CohortOptions())


def test_class_folders_stay_class_folders_unless_boxes_are_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "benign/a.jpg", "malignant/b.jpg")
    coco(tmp_path / "annotations.json", "benign/a.jpg", "malignant/b.jpg")
    assert resolve_coco(tmp_path, CohortOptions()) is None
    assert len(found_in(tmp_path, task="detection").drafts) == 2


def test_other_json_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}", "utf-8")
    assert resolve_coco(tmp_path, CohortOptions()) is None
    assert resolve_coco(tmp_path / "a.json", CohortOptions()) is None
