"""The layouts of boxes are tried in their order, and joined to the table of cases."""

from __future__ import annotations

import json
from pathlib import Path

from medgraft.data.cohort.boxed import resolve_boxes
from medgraft.data.cohort.options import CohortOptions

COCO = {
    "images": [{"id": 1, "file_name": "a.png"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]}],
    "categories": [{"id": 1, "name": "cell"}],
}
XML = (
    "<annotation><object><name>cell</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox>"
    "</object></annotation>"
)


def kind(folder: Path) -> str:
    found = resolve_boxes(folder, CohortOptions(task="detection"))
    return found if isinstance(found, str) else found.kind


def test_order_and_patients(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"x")
    assert kind(tmp_path) == "pictures and boxes (Pascal VOC, COCO, or boxes.csv)"
    (tmp_path / "boxes.csv").write_text("path,x0,y0,x1,y1\nimages/a.png,1,1,2,2\n", "utf-8")
    assert kind(tmp_path) == "boxes of boxes.csv, 1 pictures (1 with boxes)"
    (tmp_path / "t.csv").write_text("path,patient\nimages/a.png,P1\n", "utf-8")
    assert kind(tmp_path).endswith("; joined to table t.csv, 1 rows, with patients")
    (tmp_path / "annotations.json").write_text(json.dumps(COCO), "utf-8")
    assert kind(tmp_path).startswith("COCO boxes, 1 pictures")
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text(XML, "utf-8")
    found = resolve_boxes(tmp_path, CohortOptions())
    assert not isinstance(found, str)
    assert found.kind.startswith("Pascal VOC boxes, 1 pictures")
    assert [draft.patient for draft in found.drafts] == ["P1"]


def test_a_file_is_of_boxes_only_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "b.csv").write_text("path,x0,y0,x1,y1\na.png,1,1,2,2\n", "utf-8")
    assert isinstance(resolve_boxes(tmp_path / "b.csv", CohortOptions()), str)
    assert not isinstance(resolve_boxes(tmp_path / "b.csv", CohortOptions(task="detection")), str)
