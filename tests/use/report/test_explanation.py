"""The section on heat maps: groups, captions, what the scores allow to be said, and what is left out without images."""

from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.explanation import explanation_view
from medgraft.use.report.render import render_report


def _estimate(value, low, high):
    return {"value": value, "low": low, "high": high, "n": 20, "n_patients": 18}


def _scores(low):
    gain = {"pointing": _estimate(0.3, low, 0.5), "energy": _estimate(0.1, 0.0, 0.2)}
    one = {"pointing": _estimate(0.6, 0.4, 0.8), "energy": _estimate(0.2, 0.1, 0.3)}
    return {
        "hirescam": {**one, "gain": {"centre blob": gain, "mean of outlines": gain}},
        "centre blob": {**one, "gain": {"mean of outlines": gain}},
        "mean of outlines": {**one, "gain": {"centre blob": gain}},
    }


@pytest.fixture
def setting(fabricate):
    """A run with two explained test cases, one of them a volume, and its artefacts; pictures are marked."""
    folder = fabricate(thumbnails=16)
    run = read_artefacts(folder)
    ids = run.main_rows["case_id"].astype(str).tolist()[:2]
    near = [{"case_id": "0" * 16, "label": "<b>benign</b>", "cosine": 0.83}]
    cases = [
        {"case_id": case, "kind": kind, "explained": "malignant", "probability": 0.9, "slices": slices, "similar": near}
        for case, kind, slices in zip(ids, ("worst", "best"), ([], [7, 3]), strict=True)
    ]
    told = {"split": "test", "method": "hirescam", "reason": None, "cases": cases, "localisation": None}
    jpeg = pd.read_parquet(folder / "private" / "thumbnails.parquet")["jpeg"].iloc[0]
    rows = [(ids[0], "worst", 0), (ids[1], "best", 7), (ids[1], "best", 3)]
    maps = pd.DataFrame(rows, columns=["case_id", "kind", "slice"]).assign(jpeg=jpeg)
    maps.to_parquet(folder / "private" / "explanations.parquet")
    return folder, replace(run, explanations=told)


def view(setting, *, images=True, budget=10**6):
    return explanation_view(setting[1], setting[0], images=images, budget=budget)


def test_groups_and_captions(setting):
    groups = view(setting).groups
    assert [title for title, _ in groups] == ["Right, and sure of it", "Wrong, and sure of it"]
    (volume,), (picture,) = (cases for _, cases in groups)
    assert [caption for _, caption in volume.sources] == ["slice 7", "slice 3"]
    assert [caption for _, caption in picture.sources] == [""]
    assert picture.sources[0][0].startswith("data:image/jpeg;base64,")
    assert picture.similar == ["<b>benign</b> (0.830)"]
    assert picture.probability == "malignant 0.900"


def test_without_masks_it_says_that_nobody_knows(setting):
    assert "is not known" in view(setting).sentences[-1]
    assert view(setting).table is None


@pytest.mark.parametrize(("low", "words"), [(0.1, "more often than maps"), (-0.1, "do not take them for")])
def test_what_the_scores_allow(setting, low, words):
    folder, run = setting
    run = replace(run, explanations={**run.explanations, "localisation": _scores(low)})
    found = explanation_view(run, folder, images=True, budget=10**6)
    assert "Of 20 outlined test cases" in found.sentences[-1]
    assert words in found.sentences[-1]
    assert ("not provably" in found.sentences[-1]) == (low < 0)
    assert [row.title for row in found.table.rows] == ["HiResCAM", "centre blob", "mean of outlines"]
    assert found.table.rows[1].cells[2].text == "–"


def test_left_out(setting, fabricate):
    folder, run = setting
    assert explanation_view(replace(run, explanations={}), folder, images=True, budget=10**6) is None
    assert view(setting, images=False) is None
    scored = replace(run, explanations={**run.explanations, "localisation": _scores(0.1)})
    found = explanation_view(scored, folder, images=False, budget=10**6)
    assert found.groups == []
    assert found.table is not None
    assert not any(item.sources for _, cases in view(setting, budget=10).groups for item in cases)


def test_no_maps_and_why(setting):
    folder, run = setting
    told = copy.deepcopy(run.explanations) | {"method": None, "reason": "the head is a tree"}
    found = explanation_view(replace(run, explanations=told), folder, images=True, budget=10**6)
    assert "There are no heat maps: the head is a tree" in found.sentences[0]


def test_on_the_page(fitted, tmp_path):
    page = (fitted.run / "report.html").read_text("utf-8")
    assert "What the model went by" in page
    assert 'href="#explanation"' in page
    assert 'class="explained"' in page
    shared = render_report(fitted.run, images=False).read_text("utf-8")
    assert 'class="explained"' not in shared
    assert "Do the maps point at what is outlined?" in shared
    render_report(fitted.run)
