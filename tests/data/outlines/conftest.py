"""Annotations as others write them, made of boxes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import strategies as st

from medgraft.data.outlines.boxes import Box

WIDTH, HEIGHT = 200, 100
# what XML, JSON and Parquet all can hold, without the white space that readers cut off
labels = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="\x7f"), min_size=1).filter(
    lambda text: text == text.strip() and text.isprintable()
)
# Quarters have an exact sum and difference, so that x + width is the corner again.
places = st.integers(0, 4 * HEIGHT).map(lambda number: number / 4)
sides = st.tuples(places, places).map(sorted).filter(lambda pair: pair[0] < pair[1])


@pytest.fixture(scope="session")
def drawn_boxes() -> st.SearchStrategy[tuple[Box, ...]]:
    """Sound boxes of a picture of 100 × 200."""
    one = st.tuples(labels, sides, sides).map(lambda drawn: Box(drawn[0], drawn[1][0], drawn[2][0], *_last(drawn)))
    return st.lists(one, max_size=6).map(tuple)


def _last(drawn: tuple[str, list[float], list[float]]) -> tuple[float, float]:
    return drawn[1][1], drawn[2][1]


def voc_text(boxes: Sequence[Box], name: str = "one.png", size: tuple[int, int] | None = (HEIGHT, WIDTH)) -> str:
    told = "" if size is None else f"<size><width>{size[1]}</width><height>{size[0]}</height><depth>3</depth></size>"
    objects = "".join(
        f"<object><name>{escape(box.label)}</name><bndbox><xmin>{box.x0}</xmin><ymin>{box.y0}</ymin>"
        f"<xmax>{box.x1}</xmax><ymax>{box.y1}</ymax></bndbox></object>"
        for box in boxes
    )
    return f"<annotation><filename>{escape(name)}</filename>{told}{objects}</annotation>"


def coco_content(pictures: dict[str, Sequence[Box]]) -> dict[str, Any]:
    names = sorted({box.label for boxes in pictures.values() for box in boxes})
    ids = {name: 10 + number for number, name in enumerate(names)}
    annotations = [
        {
            "id": row,
            "image_id": number,
            "category_id": ids[box.label],
            "bbox": [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0],
            "iscrowd": 0,
        }
        for row, (number, box) in enumerate(
            ((number, box) for number, boxes in enumerate(pictures.values(), start=7) for box in boxes), start=1
        )
    ]
    return {
        "images": [
            {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH}
            for number, name in enumerate(pictures, start=7)
        ],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
    }


@pytest.fixture(scope="session")
def as_voc() -> Callable[..., str]:
    return voc_text


@pytest.fixture(scope="session")
def as_coco() -> Callable[..., dict[str, Any]]:
    return coco_content


@pytest.fixture
def write_coco(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "boxes.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write
