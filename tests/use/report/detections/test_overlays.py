from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.measure.detection.matching import ImageBoxes
from medgraft.use.report.detections.overlays import box_keys, box_stacks, image_f1
from medgraft.use.report.detections.run import read_detections

TEN = [0.0, 0.0, 10.0, 10.0]
FAR = [50.0, 50.0, 60.0, 60.0]


def test_how_right_an_image_is():
    image = ImageBoxes({"a": np.array([TEN, FAR])}, {"a": (np.array([TEN, [90.0, 0, 99, 9]]), np.array([0.9, 0.6]))})
    assert image_f1(image, ("a",), 0.5) == pytest.approx(0.5)  # one of two found, one of two right
    assert image_f1(image, ("a",), 0.8) == pytest.approx(2 / 3) and image_f1(image, ("a",), 1.0) == 0
    assert image_f1(ImageBoxes({}, {}), ("a",), 0.5) == 1


def test_stored_pictures_in_the_order_of_their_kind(detected_session):
    run = read_detections(detected_session)
    stacks = box_stacks(run, detected_session, budget=10**7)
    assert [stack.title for stack in stacks] == ["The best", "In the middle", "The worst"]
    layer = stacks[0].layers[0]
    assert (layer.width, layer.height) == (320, 240) and layer.source.startswith("data:image/jpeg")
    true = run.truth[run.truth["case_id"] == stacks[0].case_id]
    assert sum(line.dashed for line in layer.lines) == len(true)
    called = run.called[(run.called["case_id"] == stacks[0].case_id) & (run.called["score"] >= 0.5)]
    assert sum(not line.dashed for line in layer.lines) == len(called)
    wrong = [line for line in layer.lines if not line.faint]
    assert all("missed" in line.title or "false" in line.title for line in wrong)
    assert f"of {len(true)} found" in stacks[0].text[0]


def test_without_stored_ones_the_thumbnails_are_ranked(fabricate_boxes):
    folder = fabricate_boxes(overlays=False)
    run = read_detections(folder)
    stacks = box_stacks(run, folder, budget=10**7)
    assert [stack.title for stack in stacks] == ["Among the best"] * 3 + ["In the middle"] * 3 + ["Among the worst"] * 3
    score = {case: image_f1(image, run.base.labels, 0.5) for case, image in zip(run.judged, run.images, strict=True)}
    shown = [score[stack.case_id] for stack in stacks]
    ranked = sorted(score.values())
    assert sorted(shown[:3]) == ranked[-3:] and sorted(shown[-3:]) == ranked[:3]


def test_pictures_of_unknown_size_and_beyond_the_budget_are_left_out(fabricate_boxes):
    folder = fabricate_boxes(n=4, overlays=False)
    run = read_detections(folder)
    assert box_stacks(run, folder, budget=100) == []
    path = folder / "private" / "thumbnails.parquet"
    pd.read_parquet(path).drop(columns=["width", "height"]).to_parquet(path)
    assert box_stacks(run, folder, budget=10**7) == []
    path.unlink()
    assert box_stacks(run, folder, budget=10**7) == []


def test_the_legend(detected_session):
    assert [key.text for key in box_keys(read_detections(detected_session))][:3] == ["cell", "platelet", "true box"]
