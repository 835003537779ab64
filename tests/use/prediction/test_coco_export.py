"""COCO out: read back by our reader and, where it is installed, by a package of COCO's evaluation."""

import json

import numpy as np
import pytest

from medgraft.data.outlines.coco import is_coco, read_coco
from medgraft.transfer.detection.decoding import Found
from medgraft.use.prediction.coco_export import Pictured, coco_document, write_coco

LABELS = ("cell", "platelet")
BOXES = np.array([[1.5, 2, 11.5, 22], [30, 40, 33, 44]])
PICTURES = [
    Pictured("a.png", (60, 80), Found(("platelet", "cell"), BOXES, np.array([0.9, 0.25]))),
    Pictured("none.png", (50, 70), Found((), np.zeros((0, 4)), np.zeros(0))),
]


def test_our_reader_gets_back_what_was_written(tmp_path):
    write_coco(tmp_path / "boxes.json", PICTURES, LABELS)
    assert is_coco(tmp_path / "boxes.json")
    read = read_coco(tmp_path / "boxes.json")
    assert [(one.name, one.size, len(one.rows)) for one in read.pictures] == [
        ("a.png", (60, 80), 2),
        ("none.png", (50, 70), 0),
    ]
    assert [(box.label, *box.corners) for box in read.pictures[0].rows] == [
        ("platelet", 1.5, 2.0, 11.5, 22.0),
        ("cell", 30.0, 40.0, 33.0, 44.0),
    ]
    assert set(read.labels) == set(LABELS)


def test_scores_areas_and_ids_are_those_of_the_format():
    content = json.loads(json.dumps(coco_document(PICTURES, LABELS)))
    assert [one["score"] for one in content["annotations"]] == [0.9, 0.25]
    assert [one["area"] for one in content["annotations"]] == [200.0, 12.0]
    assert [one["id"] for one in content["annotations"]] == [1, 2]
    assert content["images"][1] == {"id": 2, "file_name": "none.png", "width": 70, "height": 50}


def test_another_library_judges_it_perfect_against_itself():
    coco = pytest.importorskip("faster_coco_eval")
    content = coco_document(PICTURES, LABELS)
    truth = coco.COCO(content)
    judged = coco.COCOeval_faster(truth, truth.loadRes(content["annotations"]), "bbox", print_function=lambda *_: None)
    judged.run()
    assert judged.stats[0] == pytest.approx(1.0)


def test_a_box_of_no_known_label_is_an_error():
    with pytest.raises(KeyError, match="platelet"):
        coco_document(PICTURES, ("cell",))
