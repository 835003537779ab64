"""Pascal VOC on the disk: the split of its lists, and what belongs to no list or to two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.data.cohort.voc_layout import folder_of, resolve_voc

XML = (
    "<annotation><filename>{name}</filename><size><width>10</width><height>8</height></size><object><name>cell</name>"
    "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{right}</xmax><ymax>5</ymax></bndbox></object></annotation>"
)


def put(folder: Path, *names: str, pictures: str = "JPEGImages", notes: str = "Annotations", right: int = 5) -> Path:
    for name in names:
        for place, text in ((f"{pictures}/{name}.jpg", "x"), (f"{notes}/{name}.xml", XML.format(name="", right=right))):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_text(text, "utf-8")
    return folder


def lists(folder: Path, **parts: str) -> None:
    (folder / "ImageSets" / "Main").mkdir(parents=True, exist_ok=True)
    for part, names in parts.items():
        (folder / "ImageSets" / "Main" / f"{part}.txt").write_text("\n".join(names.split()) + "\n", "utf-8")


def found_in(folder: Path) -> Found:
    found = resolve_voc(folder, CohortOptions())
    assert found is not None
    return found


def splits(found: Found) -> dict[str, str | None]:
    return {draft.path.stem: draft.split for draft in found.drafts if draft.problem is None}


@pytest.mark.parametrize(("pictures", "notes"), [("JPEGImages", "Annotations"), ("images", "annotations"), (".", ".")])
def test_folders(tmp_path: Path, pictures: str, notes: str) -> None:
    found = found_in(put(tmp_path, "a", "b", pictures=pictures, notes=notes))
    assert (found.target, found.kind) == ("boxes", "Pascal VOC boxes, 2 pictures")
    assert splits(found) == {"a": None, "b": None}
    assert all(draft.boxes is not None and len(draft.boxes.rows) == 1 for draft in found.drafts)


def test_lists_are_the_split(tmp_path: Path) -> None:
    put(tmp_path, "a", "b", "c", "d", "e")
    lists(tmp_path, train="a", val="b d", test="c d")
    found = found_in(tmp_path)
    assert splits(found) == {"a": "train", "b": "val", "c": "test"}
    assert {draft.path.stem: draft.problem for draft in found.drafts if draft.problem} == {
        "d": "two parts of the split name it; keep one"
    }
    assert "1 annotated pictures are in no part of the split and are left out" in found.notes


def test_trainval_stands_for_a_train_that_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, "a", "b")
    lists(tmp_path, trainval="a", test="b")
    assert splits(found_in(tmp_path)) == {"a": "train", "b": "test"}


def test_pictures_without_annotation_are_counted_and_annotations_without_picture_named(tmp_path: Path) -> None:
    put(tmp_path, "a", "b", "c")
    (tmp_path / "Annotations" / "a.xml").unlink()
    (tmp_path / "JPEGImages" / "b.jpg").unlink()
    found = found_in(tmp_path)
    assert found.notes == ("1 pictures have no annotation that can be used and are left out",)
    assert {draft.path.name: (draft.problem or "")[:20] for draft in found.drafts} == {
        "c.jpg": "",
        "b.xml": "its picture is not i",
    }


def test_boxes_outside_are_set_aside(tmp_path: Path) -> None:
    found = found_in(put(tmp_path, "a", right=400))
    assert "reaches beyond its picture of 10 × 8 pixels" in str(found.drafts[0].problem)


def test_other_folders_are_none(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"x")
    assert resolve_voc(tmp_path, CohortOptions()) is None
    assert resolve_voc(tmp_path / "images" / "a.png", CohortOptions()) is None
    assert folder_of(tmp_path, ("masks", "images")) == tmp_path / "images"
    assert folder_of(tmp_path, ("masks",)) is None


def test_blood_cells(test_data: Path, outlined: Callable[..., Cohort]) -> None:
    """The counts that come with the set, without its two boxes of no area."""
    cohort = outlined(test_data / "bccd")
    assert cohort.boxes is not None
    assert cohort.table["split"].value_counts().to_dict() == {"train": 205, "val": 87, "test": 72}
    assert (cohort.target, cohort.classes, cohort.quarantined) == ("boxes", ("Platelets", "RBC", "WBC"), ())
    assert list(cohort.boxes) == cohort.table["case_id"].tolist()
    assert sum(len(boxes) for boxes in cohort.boxes.values()) == 4888 - 2
    found = [
        (part, label)
        for part, case in cohort.table[["split", "case_id"]].itertuples(index=False)
        for label in cohort.boxes[case].labels
    ]
    assert {name: sum(label == name for _, label in found) for name in cohort.classes} == {
        "RBC": 4155 - 2,
        "WBC": 372,
        "Platelets": 361,
    }
    assert [found.count((part, "WBC")) for part in ("train", "val", "test")] == [214, 87, 71]
    assert any("2 boxes outline nothing and are left out (the first: box" in note for note in cohort.notes)
