"""The page of outlines: complete, inert, without pictures where asked, and its slider in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from medgraft.use.report.outlines.page import render_outlines
from medgraft.use.report.render import MOST_BYTES, render_report

HOSTILE = ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>")
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def page(outlined_session) -> str:
    return render_report(outlined_session).read_text("utf-8")


def _own(text: str) -> str:
    """The page without plotly.js."""
    return text.split("plotly.js v")[0]


def test_every_part_is_there(page, outlined_session):
    for words in (
        "drawing nothing would reach",
        "Dice of every case",
        "The worst",
        "Dice by true size",
        "Dice by site",
        "Bias and limits of agreement",
        "How often nothing was drawn",
        "The odd ones out",
        "What was planned from the fingerprint",
        "Model card",
        "keep it in the house",
        "Research use only, not a medical device",
    ):
        assert words in page, words
    card = (outlined_session / "model_card.md").read_text("utf-8")
    assert card.startswith("# Model card: two balls: head and tail") and "Dice of tail" in card


def test_links_and_ids_fit(page):
    ids = re.findall(r'\bid="([^"]+)"', _own(page))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r'data-(?:figure|bares)="([^"]+)"', page)) <= set(ids)
    assert len(re.findall(r"<script>", page)) == 2 and page.count("<h1>") == 1


def test_without_images_there_is_no_picture(fabricate_outlines):
    text = _own(render_report(fabricate_outlines(n=6), images=False).read_text("utf-8"))
    assert "<img" not in text and "data:image/" not in text and "left out of this report on request" in text
    assert "keep it in the house" not in text and 'class="layer"' not in text


def test_names_from_the_data_are_inert(fabricate_outlines):
    text = render_report(fabricate_outlines(n=8, labels=HOSTILE)).read_text("utf-8")
    assert "<img src=x" not in text and "<script>alert" not in text and "&lt;img src=x" in text


def test_without_patients_facts_and_pictures(fabricate_outlines):
    folder = fabricate_outlines(n=8, patients=False)
    for name in ("outline_facts.json", "private/overlays.parquet", "history.csv", "timings.json"):
        (folder / name).unlink()
    table = pd.read_parquet(folder / "outlines.parquet").assign(site=None)
    table.to_parquet(folder / "outlines.parquet")
    text = render_report(folder).read_text("utf-8")
    assert "patients unknown" in text and "holds no pictures with outlines" in text and "Dice by site" not in text


def test_pictures_give_way_where_the_page_is_too_large(fabricate_outlines):
    folder = fabricate_outlines(n=6)
    small = render_outlines(folder, images=False, most_bytes=MOST_BYTES).stat().st_size
    text = render_outlines(folder, images=True, most_bytes=small).read_text("utf-8")
    assert 'class="layer"' not in text and "opens quickly" in text


def test_the_same_run_gives_the_same_bytes(outlined_session, page):
    assert render_report(outlined_session).read_text("utf-8") == page


@pytest.mark.slow
def test_the_slider_shows_one_slice_at_a_time(outlined_session, page):
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is not there: the slider was not tried in a browser")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        tab.set_default_timeout(120_000)  # a busy machine takes its time over plotly.js
        said: list[str] = []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto((outlined_session / "report.html").as_uri())
        first = tab.locator(".stack").first
        slider = first.locator("input[type=range]")
        slider.fill("0")
        assert first.locator(".layer:visible").count() == 1
        assert first.locator("output").inner_text() == "slice 3"
        slider.press("ArrowRight")
        assert first.locator(".layer:visible").get_attribute("data-name") == "slice 4"
        assert slider.get_attribute("aria-valuetext") == "slice 4"
        assert first.locator(".layer:visible img").evaluate("one => one.naturalWidth") == 32
        tab.locator("input[data-bares]").uncheck()
        assert first.locator(".layer:visible svg").evaluate("one => getComputedStyle(one).visibility") == "hidden"
        assert tab.locator(".plot .main-svg").count() > 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390 and said == []
        browser.close()
