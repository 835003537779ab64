"""Annotations find their pictures by name; what finds none, or two, is set aside with its file and entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medgraft.data.outlines.boxes import Box
from medgraft.data.outlines.placing import SetAside, place_coco, place_voc
from medgraft.errors import DataError

BOX, OTHER = Box("cell", 1, 2, 30, 40), Box("platelet", 5, 5, 9, 9)
ABSENT = "its picture is not in the folder of pictures; add it, or correct the name in the annotation"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Empty files: whether they are pictures is the reader's to say."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name in ("a.png", "b.png", "more/a.png", "twin.png", "twin.jpg"):
        (folder / name).touch()
    (tmp_path / "secret.png").touch()
    return folder


@pytest.fixture
def voc(tmp_path: Path, as_voc):
    def write(stem: str, *boxes: Box, name: str = "") -> Path:
        path = tmp_path / f"{stem}.xml"
        path.write_text(as_voc(boxes, name=name), encoding="utf-8")
        return path

    return write


def rows(placed, folder: Path) -> dict[str, tuple[Box, ...]]:
    return {path.relative_to(folder).as_posix(): boxes.rows for path, boxes in placed.boxes.items()}


def test_coco_by_file_name(pictures: Path, write_coco, as_coco) -> None:
    path = write_coco(as_coco({"more/a.png": [OTHER], "b.png": [], "a.png": [BOX, OTHER]}))
    placed = place_coco(path, pictures)
    assert rows(placed, pictures) == {"more/a.png": (OTHER,), "b.png": (), "a.png": (BOX, OTHER)}
    assert list(rows(placed, pictures)) == ["more/a.png", "b.png", "a.png"]
    assert placed.left_out == placed.set_aside == ()
    assert placed.boxes[pictures / "a.png"].size == (100, 200)


@pytest.mark.parametrize(
    "name", ["absent.png", "more", "../secret.png", "more/../../secret.png", "x" * 5000, "a\0.png", ""]
)
def test_coco_of_a_picture_that_is_not_there(pictures: Path, write_coco, as_coco, name: str) -> None:
    path = write_coco(as_coco({"a.png": [BOX], name: [OTHER]}))
    placed = place_coco(path, pictures)
    assert rows(placed, pictures) == {"a.png": (BOX,)}
    assert placed.set_aside == (SetAside(path, 2, ABSENT),)


def test_an_absolute_name_is_of_another_machine(pictures: Path, write_coco, as_coco) -> None:
    assert place_coco(write_coco(as_coco({str(pictures / "a.png"): [BOX]})), pictures).set_aside[0].reason == ABSENT


def test_coco_faults_are_told_with_their_entry(pictures: Path, write_coco, as_coco) -> None:
    content = as_coco({"a.png": [BOX, OTHER], "b.png": [BOX], "more/a.png": [BOX]})
    content["annotations"][1]["bbox"] = [5, 5, 0, 3]
    content["annotations"][2]["bbox"] = [150, 5, 90, 3]
    content["annotations"][3]["bbox"] = [50, 5, -9, 3]
    path = write_coco(content)
    placed = place_coco(path, pictures)
    assert rows(placed, pictures) == {"a.png": (BOX,)}
    assert placed.left_out == (SetAside(path, 1, "box 2 (platelet) has no area (5 5 5 8)"),)
    assert [(one.file, one.entry) for one in placed.set_aside] == [(path, 2), (path, 3)]
    assert "reaches beyond its picture of 200 × 100 pixels" in placed.set_aside[0].reason
    assert "is turned round" in placed.set_aside[1].reason


def test_two_entries_of_one_picture_are_both_set_aside(pictures: Path, write_coco, as_coco) -> None:
    content = as_coco({"a.png": [BOX], "b.png": [OTHER], "more/a.png": []})
    content["images"][1]["file_name"] = "./a.png"
    placed = place_coco(write_coco(content), pictures)
    assert rows(placed, pictures) == {"more/a.png": ()}
    assert [one.entry for one in placed.set_aside] == [1, 2]
    assert all("2 annotations are of its picture; keep one" in one.reason for one in placed.set_aside)


def test_a_file_that_is_no_coco_stops(pictures: Path, write_coco) -> None:
    with pytest.raises(DataError, match=r"boxes\.json: it is no JSON"):
        place_coco(write_coco(b"{"), pictures)


def test_voc_by_the_name_inside_and_else_by_its_own(pictures: Path, voc) -> None:
    paths = [
        voc("0001", BOX, name="b.png"),
        voc("a", OTHER, name="C:\\Users\\someone\\a.png"),
        voc("twin", name="twin.jpg"),
    ]
    placed = place_voc(paths, pictures)
    assert rows(placed, pictures) == {"b.png": (BOX,), "a.png": (OTHER,), "twin.jpg": ()}
    assert placed.set_aside == ()


def test_voc_faults_are_told_with_their_file(pictures: Path, voc, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<annotation>")
    faults = {
        voc("absent", BOX): ABSENT,
        voc("twin", BOX): "2 pictures have its name; name one in the annotation",
        voc("b", BOX, Box("cell", 9, 9, 3, 3)): "its box 2 (cell) is turned round",
        broken: "its annotation is no XML, or cut off",
        tmp_path / "gone.xml": "its annotation cannot be opened",
    }
    placed = place_voc([*faults, voc("a", OTHER)], pictures)
    assert rows(placed, pictures) == {"a.png": (OTHER,)}
    assert [(one.file, one.entry) for one in placed.set_aside] == [(path, 1) for path in faults]
    for one in placed.set_aside:
        assert one.reason.startswith(faults[one.file])


def test_two_voc_files_of_one_picture(pictures: Path, voc) -> None:
    placed = place_voc([voc("a", BOX), voc("other", OTHER, name="a.png")], pictures)
    assert rows(placed, pictures) == {}
    assert len(placed.set_aside) == 2


def test_annotations_beside_their_pictures_are_no_pictures(pictures: Path, as_voc) -> None:
    beside = pictures / "a.xml"
    beside.write_text(as_voc([BOX], name=""))
    assert rows(place_voc([beside], pictures), pictures) == {"a.png": (BOX,)}


def test_without_a_folder_every_picture_is_missing(tmp_path: Path, voc, write_coco, as_coco) -> None:
    assert place_voc([voc("a", BOX)], tmp_path / "nowhere").set_aside[0].reason == ABSENT
    path = write_coco(as_coco({"a.png": [BOX]}))
    assert json.loads(path.read_bytes())["images"]
    assert place_coco(path, tmp_path / "nowhere").set_aside[0].reason == ABSENT
