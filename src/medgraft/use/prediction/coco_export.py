"""Boxes that were found, as a COCO file: ``images``, ``annotations`` (``bbox`` is x, y, width, height in pixels, with a
``score``) and ``categories``.

A file of this kind names pictures: it is for whoever has them. Pictures without a box are in it, too.
Source: Lin et al., ECCV 2014:740-755, and the format as published with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgraft.files import write_text
from medgraft.transfer.detection.decoding import Found

__all__ = ["Pictured", "coco_document", "write_coco"]


@dataclass(frozen=True)
class Pictured:
    """A picture under the name that it has in the file, its ``shape`` (rows, columns), and what was found in it."""

    name: str
    shape: tuple[int, int]
    found: Found


def coco_document(pictures: Sequence[Pictured], labels: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Ids count from 1, in the order given; categories in that of ``labels``. Raises ``KeyError`` for a box of another
    label."""
    category = {label: number for number, label in enumerate(labels, start=1)}
    images, annotations = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, picture in enumerate(pictures, start=1):
        rows, columns = picture.shape
        images.append({"id": number, "file_name": picture.name, "width": columns, "height": rows})
        found = picture.found
        for label, box, score in zip(found.labels, found.boxes.tolist(), found.scores.tolist(), strict=True):
            x0, y0, x1, y1 = box
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": category[label],
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                    "score": score,
                }
            )
    named = [{"id": number, "name": label} for label, number in category.items()]
    return {"images": images, "annotations": annotations, "categories": named}


def write_coco(path: Path, pictures: Sequence[Pictured], labels: Sequence[str]) -> None:
    """Write ``coco_document`` atomically."""
    write_text(path, json.dumps(coco_document(pictures, labels), ensure_ascii=False, allow_nan=False) + "\n")
