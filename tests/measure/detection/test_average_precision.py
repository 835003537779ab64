"""AP by hand, and COCO's own evaluation where a package of it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.detection.average_precision import MAP50, MAP50_95
from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, match_class
from medgraft.measure.detection.weighted import WeightedMatches

TEN = np.array([[0.0, 0.0, 10.0, 10.0]])
FAR = TEN + 50


def weighted(images: list[ImageBoxes], label: str = "a") -> WeightedMatches:
    return WeightedMatches(match_class(images, label, (*COCO_THRESHOLDS, 0.5)), np.ones(len(images)))


def test_by_hand() -> None:
    """Two true boxes; hit, miss, hit: precision 1 up to recall 0.5 (51 points), 2/3 from there to 1 (50 points)."""
    image = ImageBoxes(
        {"a": np.concatenate([TEN, FAR])},
        {"a": (np.concatenate([TEN, TEN + 200, FAR]), np.array([0.9, 0.8, 0.7]))},
    )
    assert MAP50(weighted([image])) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_thresholds_are_averaged() -> None:
    """An overlap of 0.7 exactly is a hit at 0.5, 0.55, 0.6, 0.65 and 0.7: five of ten."""
    image = ImageBoxes({"a": TEN}, {"a": (np.array([[0.0, 0.0, 10.0, 7.0]]), np.array([0.3]))})
    assert MAP50(weighted([image])) == 1
    assert MAP50_95(weighted([image])) == pytest.approx(0.5)


def test_coco_says_the_same(draw_images) -> None:
    coco = pytest.importorskip("faster_coco_eval")
    labels = ("cell", "platelet")
    for seed in range(5):
        images = draw_images(seed, count=8)
        truth, found = [], []
        for place, image in enumerate(images, start=1):
            for number, label in enumerate(labels, start=1):
                common = {"image_id": place, "category_id": number}
                for x0, y0, x1, y1 in image.truth.get(label, []):
                    box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0}
                    truth.append({"id": len(truth) + 1, **common, **box})
                for (x0, y0, x1, y1), score in zip(*image.predicted.get(label, ([], [])), strict=True):
                    found.append({**common, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": float(score)})
        annotated = coco.COCO(
            {
                "images": [{"id": place, "width": 100, "height": 100} for place in range(1, 9)],
                "annotations": truth,
                "categories": [{"id": number, "name": label} for number, label in enumerate(labels, start=1)],
            }
        )
        judged = coco.COCOeval_faster(annotated, annotated.loadRes(found), "bbox", print_function=lambda *_: None)
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
        ours = [weighted(images, label) for label in labels]
        assert np.mean([MAP50_95(one) for one in ours]) == pytest.approx(judged.stats[0])
        assert np.mean([MAP50(one) for one in ours]) == pytest.approx(judged.stats[1])
