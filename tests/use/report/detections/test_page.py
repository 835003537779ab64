"""The page of detection: complete, inert, without pictures where asked."""

from __future__ import annotations

import re

import pytest

from medgraft.files import read_json, write_json
from medgraft.use.report.detections.page import render_detections
from medgraft.use.report.render import MOST_BYTES, render_report

HOSTILE = ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>")


@pytest.fixture(scope="module")
def page(detected_session) -> str:
    return render_report(detected_session).read_text("utf-8")


def _own(text: str) -> str:
    """The page without plotly.js."""
    return text.split("plotly.js v")[0]


def test_every_part_is_there(page, detected_session):
    for words in (
        "finds nothing would reach 0",
        "Sensitivity by false boxes an image",
        "Precision and recall",
        "At the operating score",
        "Found by size",
        "Found and missed by size",
        "The worst",
        "Boxes of platelet",
        "Model card",
        "keep it in the house",
    ):
        assert words in page, words
    assert (detected_session / "model_card.md").read_text("utf-8").startswith("# Model card: cells: cell and platelet")


def test_links_and_ids_fit(page):
    ids = re.findall(r'\bid="([^"]+)"', _own(page))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r'data-(?:figure|bares)="([^"]+)"', page)) <= set(ids)


def test_without_images_there_is_no_picture(fabricate_boxes):
    text = _own(render_report(fabricate_boxes(n=4), images=False).read_text("utf-8"))
    assert "<img" not in text and "data:image/" not in text and "left out of this report on request" in text
    assert "keep it in the house" not in text


def test_names_from_the_data_are_inert(fabricate_boxes):
    text = render_report(fabricate_boxes(n=4, labels=HOSTILE)).read_text("utf-8")
    assert "<img src=x" not in text and "<script>alert" not in text and "&lt;img src=x" in text


def test_pictures_give_way_and_a_score_may_be_unknown(fabricate_boxes):
    folder = fabricate_boxes(n=4)
    metrics = read_json(folder / "metrics.json")
    del metrics["_meta"]["thresholds"]
    write_json(folder / "metrics.json", metrics)
    small = render_detections(folder, images=False, most_bytes=MOST_BYTES).stat().st_size
    text = render_detections(folder, images=True, most_bytes=small).read_text("utf-8")
    assert 'class="layer"' not in text and "opens quickly" in text and "At the operating score" not in text
