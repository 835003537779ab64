"""COCO: what it says comes out; damaged, foreign and contradictory files are refused with the entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medgraft.data.outlines.boxes import Box, sift
from medgraft.data.outlines.coco import is_coco, read_coco
from medgraft.errors import DataError

PICTURES = {"a.png": (Box("cell", 1, 2, 30, 40), Box("platelet", 5, 5, 9, 9)), "empty.png": ()}


def test_by_hand(write_coco) -> None:
    found = read_coco(
        write_coco(
            {
                "info": {"year": 2026},
                "images": [
                    {"id": 3, "file_name": "b.png", "height": 480, "width": 640},
                    {"id": "x", "file_name": "a.png"},
                ],
                "annotations": [
                    {"image_id": "x", "category_id": 2, "bbox": [10, 20, 5, 6], "area": 30, "id": 1},
                    {"image_id": 3, "category_id": 1, "bbox": [0, 0, 640, 480], "iscrowd": 1},
                    {"image_id": 3, "category_id": 1, "bbox": [0.5, 0, 1, 2], "iscrowd": 0},
                ],
                "categories": [{"id": 2, "name": "WBC"}, {"id": 1, "name": "RBC"}, {"id": 9, "name": "unused"}],
            }
        )
    )
    assert [picture.name for picture in found.pictures] == ["b.png", "a.png"]
    assert [picture.size for picture in found.pictures] == [(480, 640), None]
    assert found.pictures[0].rows == (Box("RBC", 0.5, 0, 1.5, 2),)
    assert found.pictures[1].rows == (Box("WBC", 10, 20, 15, 26),)
    assert found.labels == ("WBC", "RBC", "unused")
    assert found.crowds == 1


def test_round_trip(tmp_path: Path, drawn_boxes, as_coco) -> None:
    path = tmp_path / "boxes.json"

    @settings(deadline=None, max_examples=50)
    @given(first=drawn_boxes, second=drawn_boxes)
    def comes_back(first: tuple[Box, ...], second: tuple[Box, ...]) -> None:
        path.write_text(json.dumps(as_coco({"a.png": first, "b/c.png": second})))
        found = read_coco(path)
        assert [(one.name, one.size, one.rows) for one in found.pictures] == [
            ("a.png", (100, 200), first),
            ("b/c.png", (100, 200), second),
        ]
        assert set(found.labels) == {box.label for box in (*first, *second)}

    comes_back()


def test_an_independent_reader_says_the_same(tmp_path: Path, write_coco, as_coco) -> None:
    coco = pytest.importorskip("faster_coco_eval")
    path = write_coco(as_coco(PICTURES))
    judge, found = coco.COCO(str(path)), read_coco(path)
    for number, picture in zip(judge.getImgIds(), found.pictures, strict=True):
        assert judge.loadImgs(number)[0]["file_name"] == picture.name
        theirs = judge.loadAnns(judge.getAnnIds(imgIds=[number]))
        assert [judge.cats[one["category_id"]]["name"] for one in theirs] == [box.label for box in picture.rows]
        for one, box in zip(theirs, picture.rows, strict=True):
            assert one["bbox"] == [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0]


def faulty(as_coco, part: str, number: int, **changes: object) -> dict:
    """The sound file with an entry changed; ``None`` takes the key away."""
    content = as_coco(PICTURES)
    entry = content[part][number]
    entry.update(changes)
    for name in [name for name, value in changes.items() if value is None]:
        del entry[name]
    return content


FAULTS = {
    "unknown class": ("annotations", 1, {"category_id": 99}, "entry 2 of `annotations` has the category_id 99, which"),
    "unknown picture": ("annotations", 0, {"image_id": 99}, "entry 1 of `annotations` has the image_id 99, which"),
    "text for a number": ("annotations", 0, {"image_id": "7"}, "has the image_id '7', which is not among"),
    "picture twice": ("images", 1, {"id": 7}, "entries 1 and 2 of `images` have the same id 7; give each its own"),
    "class twice": ("categories", 1, {"id": 10}, "entries 1 and 2 of `categories` have the same id 10"),
    "no name": ("images", 1, {"file_name": None}, "entry 2 of `images` has no `file_name`"),
    "a number as a name": ("images", 1, {"file_name": 5}, "entry 2 of `images` has no `file_name`, or one of another"),
    "no id": ("categories", 0, {"id": None}, "entry 1 of `categories` has no `id`"),
    "a list as an id": ("images", 0, {"id": [1]}, "entry 1 of `images` has no `id`, or one of another kind"),
    "true as an id": ("images", 0, {"id": True}, "entry 1 of `images` has no `id`, or one of another kind"),
    "no box": ("annotations", 1, {"bbox": None}, "entry 2 of `annotations` has no `bbox`"),
    "words for a box": ("annotations", 1, {"bbox": "1 2 3 4"}, "entry 2 of `annotations` has no `bbox`, or one"),
}


@pytest.mark.parametrize(("part", "number", "changes", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_file_and_entry(write_coco, as_coco, part, number, changes, words) -> None:
    path = write_coco(faulty(as_coco, part, number, **changes))
    with pytest.raises(DataError, match=words) as told:
        read_coco(path)
    assert str(told.value).startswith(f"reading {path}: ")
    assert is_coco(path), "what it is does not depend on its faults"


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([1, 2, -5, 3], "is turned round"),
        ([150, 2, 80, 3], "reaches beyond its picture of 200 × 100"),
        ([1, 2, 3], "corner that is no number"),
        ([1, 2, "wide", 3], "corner that is no number"),
        ([1, 2, None, True], "corner that is no number"),
        ([1, 2, 10**400, 3], "corner that is no number"),
        ([1, 2, float("nan"), 3], "corner that is no number"),
    ],
)
def test_a_box_with_a_fault_is_told_by_sifting(write_coco, as_coco, box: list, words: str) -> None:
    picture = read_coco(write_coco(faulty(as_coco, "annotations", 1, bbox=box))).pictures[0]
    problem = sift(picture.rows, picture.size).problem or ""
    assert problem.startswith("its box 2 (platelet) ")
    assert words in problem


def test_a_box_of_no_width_is_left_out(write_coco, as_coco) -> None:
    picture = read_coco(write_coco(faulty(as_coco, "annotations", 1, bbox=[5, 5, 0, 4]))).pictures[0]
    found = sift(picture.rows, picture.size)
    assert len(found.boxes) == 1
    assert found.left_out == ("box 2 (platelet) has no area (5 5 5 9)",)


BAD = {
    "empty": (b"", "no JSON, or cut off; write it again"),
    "cut off": (b'{"images": [{"id": 1', "no JSON, or cut off"),
    "binary": (b"\x89PNG\xff\xfe", "no JSON, or cut off"),
    "deep": (b"[" * 200_000, "no JSON, or cut off"),
    "a list": (b"[]", "no object; a COCO file is needed"),
    "no images": (b'{"annotations": [], "categories": []}', "it has no list `images`"),
    "no list": (b'{"images": [], "annotations": {}, "categories": []}', "it has no list `annotations`"),
    "entries that are none": (b'{"images": [5], "annotations": [], "categories": []}', "entry 1 of `images` has no"),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_what_is_no_coco_file_is_refused(write_coco, content: bytes, words: str) -> None:
    path = write_coco(content)
    with pytest.raises(DataError, match=words) as told:
        read_coco(path)
    assert str(path) in str(told.value)
    assert is_coco(path) == (words.startswith("entry")), "entries are looked at when they are read"


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.json"):
        with pytest.raises(DataError, match="check the name and its permissions"):
            read_coco(path)
        assert not is_coco(path)


def test_long_files_are_told_by_their_beginning(write_coco, as_coco) -> None:
    long = " " * (1 << 17)
    assert is_coco(write_coco({**as_coco(PICTURES), "info": long}))
    assert not is_coco(write_coco({"measurements": long}))
    assert not is_coco(write_coco({"images": [], "measurements": long}))


SOUND = json.dumps({"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "cell"}]})[:-1] + (
    ', "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}]}'
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(SOUND)), put=st.binary(max_size=6))
def test_damage_ends_in_an_answer_or_a_data_error(write_coco, cut: int, put: bytes) -> None:
    path = write_coco(SOUND.encode()[:cut] + put + SOUND.encode()[cut + len(put) :])
    is_coco(path)
    try:
        found = read_coco(path)
    except DataError:
        return
    for picture in found.pictures:
        sift(picture.rows, picture.size)
