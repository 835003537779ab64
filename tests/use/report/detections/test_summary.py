from __future__ import annotations

import dataclasses

import pytest

from medgraft.use.report.detections.run import read_detections
from medgraft.use.report.detections.summary import box_numbers, box_use, summarise_boxes
from medgraft.use.report.detections.tables import counts_at_score


@pytest.fixture
def run(detected_session):
    return read_detections(detected_session)


def test_how_good_on_whom_compared_with_what(run):
    counts = counts_at_score(run)
    summary = summarise_boxes(run, counts)
    told = run.base.metrics["test"]["map50"]["value"]
    assert summary.headline.startswith(
        "On 16 test images of 8 patients the model finds cell and platelet with an mAP50 of"
    )
    assert f"{told:.3f} (95 % interval" in summary.headline and "finds nothing would reach 0" in summary.headline
    found, boxes = (sum(getattr(one, name) for one in counts.values()) for name in ("found", "boxes"))
    assert any(f"it finds {found} of {boxes} true boxes" in text for text in summary.sentences)
    assert any("cell (15)" in text for text in summary.caveats)
    assert any("what nobody marked" in text for text in summary.caveats)


def test_other_sources_and_nothing(run):
    metrics = {**run.base.metrics, "cv": run.base.metrics["test"]}
    more = dataclasses.replace(run, base=dataclasses.replace(run.base, metrics=metrics))
    assert any("Cross-validation (16 images): mAP50" in text for text in summarise_boxes(more, {}).sentences)
    none = dataclasses.replace(run, base=dataclasses.replace(run.base, metrics={"_meta": run.meta}))
    assert "nothing can be said" in summarise_boxes(none, {}).headline


def test_the_card(run):
    numbers = dict(box_numbers(run, "test"))
    assert {"Test: mAP50", "Test: FROC", "Test: mAP50 of platelet"} <= set(numbers)
    assert "cell and platelet" in box_use(run)[0] and "may miss" in box_use(run)[1]
