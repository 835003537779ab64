"""Pascal VOC: what it says comes out; XML that is damaged, foreign or hostile is refused in words."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medgraft.data.outlines.boxes import Box, sift
from medgraft.data.outlines.voc import read_voc
from medgraft.errors import ReaderError

PUBLISHED = """<?xml version="1.0"?>
<annotation>
  <folder>JPEGImages</folder>
  <filename> BloodImage_00000.jpg </filename>
  <size><width>640</width><height>480</height><depth>3</depth></size>
  <segmented>0</segmented>
  <object>
    <name>WBC</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
    <bndbox><xmin>260</xmin><ymin>177</ymin><xmax>491</xmax><ymax>376</ymax></bndbox>
  </object>
  <object><name>RBC</name><bndbox><ymin>336</ymin><xmin>78.5</xmin><ymax>435</ymax><xmax>184</xmax></bndbox></object>
</annotation>
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "one.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_file_as_it_is_published(written) -> None:
    found = read_voc(written(PUBLISHED))
    assert found.name == "BloodImage_00000.jpg"
    assert found.size == (480, 640), "rows, columns"
    # the sides are read by their names, in whatever order
    assert found.rows == (Box("WBC", 260, 177, 491, 376), Box("RBC", 78.5, 336, 184, 435))


def test_round_trip(tmp_path: Path, drawn_boxes, as_voc) -> None:
    path = tmp_path / "one.xml"

    @settings(deadline=None, max_examples=50)
    @given(rows=drawn_boxes)
    def comes_back(rows: tuple[Box, ...]) -> None:
        path.write_text(as_voc(rows), encoding="utf-8")
        found = read_voc(path)
        assert (found.name, found.size, found.rows) == ("one.png", (100, 200), rows)
        assert sift(found.rows, found.size).boxes.rows == rows

    comes_back()


def test_a_size_that_is_not_told_or_zero_is_unknown(written, as_voc) -> None:
    assert read_voc(written(as_voc([], size=None))).size is None
    assert read_voc(written(as_voc([], size=(0, 0)))).size is None
    assert read_voc(written("<annotation><size><width>x</width><height>5</height></size></annotation>")).size is None
    assert read_voc(written("<annotation/>")).name == ""


@pytest.mark.parametrize(
    ("inside", "words"),
    {
        "no corners": ("<name>cell</name>", "corner that is no number"),
        "a corner too few": ("<name>cell</name><bndbox><xmin>1</xmin></bndbox>", "corner that is no number"),
        "no label": ("<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>", "has no label"),
    }.values(),
)
def test_an_object_with_a_fault_is_told_by_sifting(written, inside: str, words: str) -> None:
    found = read_voc(written(f"<annotation><object>{inside}</object></annotation>"))
    assert words in (sift(found.rows).problem or "")


def test_words_for_numbers_come_out_as_nan(written, as_voc) -> None:
    (box,) = read_voc(written(as_voc([Box("cell", 1, 2, 3, 4)]).replace("<xmin>1", "<xmin>left"))).rows
    assert math.isnan(box.x0)
    assert box.y1 == 4


BILLION_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><annotation><filename>&b;</filename>'
    "</annotation>"
)
OTHER_FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><annotation><filename>&a;</filename></annotation>'
BAD = {
    "empty": ("", "no XML, or cut off; write it again"),
    "cut off": (PUBLISHED[:300], "no XML, or cut off"),
    "no xml": ("\x89PNG\r\n", "no XML, or cut off"),
    "not its encoding": (b"<annotation>\xff\xfe</annotation>", "no XML, or cut off"),
    "an encoding that is none": ('<?xml version="1.0" encoding="klingon"?><annotation/>', "no XML, or cut off"),
    "an entity that is not there": ("<annotation>&nothing;</annotation>", "no XML, or cut off"),
    "another root": ("<kml/>", "an element `annotation` is needed"),
    "entities": (BILLION_LAUGHS, "declares a document type, which may hold entities; remove"),
    "another file": (OTHER_FILE, "declares a document type"),
    "deep": ("<annotation>" + "<a>" * 40 + "</a>" * 40 + "</annotation>", "nested more than 32 deep"),
    "long": (b"<annotation>" + b" " * (16 << 20) + b"</annotation>", "longer than 16 MB"),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_what_is_no_annotation_is_refused(written, content: str | bytes, words: str) -> None:
    with pytest.raises(ReaderError, match=f"^its annotation .*{words}"):
        read_voc(written(content))


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.xml"):
        with pytest.raises(ReaderError, match=r"cannot be opened .*; check its name"):
            read_voc(path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(PUBLISHED)), put=st.binary(max_size=8))
def test_damage_ends_in_an_answer_or_a_reader_error(written, cut: int, put: bytes) -> None:
    damaged = PUBLISHED.encode()[:cut] + put + PUBLISHED.encode()[cut + len(put) :]
    try:
        found = read_voc(written(damaged))
    except ReaderError:
        return
    sift(found.rows, found.size)
