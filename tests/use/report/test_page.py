"""The page stays inert whatever the data are called, and asks for nothing outside itself."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.card import model_card
from medgraft.use.report.confusion import confusion
from medgraft.use.report.page import Extras, draw_card, draw_page, page_title
from medgraft.use.report.pictures import Pictures


class Outline(HTMLParser):
    """Tags with their attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._script: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._script = dict(attrs) if tag == "script" else None

    def handle_endtag(self, tag):
        self._script = None

    def handle_data(self, data):
        if self._script is not None:
            self.scripts.append((self._script, data))


def _page(folder) -> str:
    run = read_artefacts(folder)
    return draw_page(run, confusion(run), Pictures(), Extras(model_card(run)), images=False)


@pytest.fixture
def page(fabricate, hostile):
    return _page(fabricate(labels=hostile, name="<script>alert(3)</script>", synthetic=True))


def test_names_from_the_data_are_inert(page):
    outline = Outline(page)
    assert {tag for tag, _ in outline.tags}.isdisjoint({"iframe", "object", "embed", "link", "b"})
    assert not [attrs for tag, attrs in outline.tags if any(name.startswith("on") for name in attrs)]
    assert not [tag for tag, attrs in outline.tags if tag == "img"]
    code = [text for attrs, text in outline.scripts if attrs.get("type") != "application/json"]
    assert len(code) == 2 and "alert(" not in "".join(code).replace("window.alert(", "")[-5000:]
    assert "<script>alert" not in page and "&lt;script&gt;alert(3)" in page and "良性结节" in page


def test_data_blocks_are_json_without_signs_of_html(page):
    blocks = [text for attrs, text in Outline(page).scripts if attrs.get("type") == "application/json"]
    assert len(blocks) >= 5
    for block in blocks:
        assert set(json.loads(block)) == {"data", "layout"} and not set("<>&") & set(block)


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attrs in Outline(page).tags:
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            value = attrs.get(name)
            assert not value or value.startswith(("#", "data:")), (tag, name, value)
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    assert "url(" not in style and "@import" not in style


def test_only_the_two_scripts_may_run(page):
    policy = next(a["content"] for t, a in Outline(page).tags if t == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy and "connect-src" not in policy and "script-src 'unsafe" not in policy
    code = re.findall(r"<script>(.*?)</script>", page, re.S)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in code]
    assert re.findall(r"'sha256-([^']+)'", policy) == digests


def test_structure_for_readers_and_screen_readers(page):
    outline = Outline(page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("h1") == 1 and tags.count("main") == 1 and ("html", {"lang": "en"}) in outline.tags
    plots = [attrs for _, attrs in outline.tags if attrs.get("class") == "plot"]
    assert plots and all(attrs["role"] == "img" and attrs["aria-label"] for attrs in plots)
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [attrs["href"][1:] for tag, attrs in outline.tags if tag == "a"]
    targets += [attrs["data-opens"] for _, attrs in outline.tags if "data-opens" in attrs]
    assert set(targets) <= set(ids)
    assert page.index("Research use only") < page.index('class="lead"') < page.index('id="figures"')


def test_markdown_is_inert_too(fabricate, hostile):
    run = read_artefacts(fabricate(labels=hostile))
    text = draw_card(run, model_card(run))
    assert "<img" not in text and "&lt;img" in text and "良性结节" in text
    assert all(line.count(" | ") == 1 for line in text.splitlines() if line.startswith("| ") and line != "| | |")


def test_title(fabricate):
    run = read_artefacts(fabricate())
    assert page_title(run) == "breast ultrasound: benign or malignant"
