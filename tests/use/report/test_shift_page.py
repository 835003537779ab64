"""The page of a shift: complete, inert, and without pictures where there are none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from medgraft.files import read_json, write_json
from medgraft.use.report.shift_page import dots, render_shift, shift_tables

CASE = "0123456789abcdef"
SPAN = {"value": 0.9, "low": 0.85, "high": 0.95, "n": 10, "n_patients": None}
SHARE = {"value": 0.5, "low": 0.4, "high": 0.6}
CONTENT: dict[str, Any] = {
    "shifted": True,
    "p_value": 0.001,
    "kind": "pictures",
    "overlaps": True,
    "label_shift": {
        "differs": True,
        "residual_p_value": 0.005,
        "shares": [{"label": "<b>a", "source": 0.5, "em": SHARE, "bbse": SHARE}],
    },
    "expected_accuracy": {
        **SPAN,
        "source": SPAN,
        "trusted": True,
        "by_confidence": SPAN,
        "drop": {**SPAN, "low": -0.1},
    },
    "mmd": {"squared": 0.0123, "p_value": 0.001},
    "classifier": {"auroc": 0.8, "p_value": 0.002, "error": 0.3},
    "proxy_a_distance": 0.8,
    "frechet": {"value": 0.5, "within_source": 0.1},
    "aspects": [
        {
            "name": "brightness",
            "source": 0.3,
            "target": 0.6,
            "chance_higher": 0.9,
            "low": 0.8,
            "high": 0.95,
            "clear": True,
        }
    ],
    "differing": [{"case": CASE, "score": 0.7}],
    "source": {"name": "here", "cases": 10, "patients": None, "looked_at": 10},
    "target": {"name": "<script>there", "cases": 12, "patients": 8, "looked_at": 12},
    "map": {"source": [[0.0, 0.0], [2.0, 1.0]], "target": [[1.0, 3.0]]},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_json(tmp_path / "shift.json", CONTENT)
    return tmp_path


def test_the_page_says_it_all_and_names_are_inert(folder: Path) -> None:
    page = render_shift(folder).read_text("utf-8")
    assert "&lt;script&gt;there differs from here in its pictures" in page
    assert "<script" not in page
    assert "&lt;b&gt;a" in page
    assert page.count("<circle") == 3 + 2, "three cases, and two in the key"
    for number in ("0.0123", "0.002", "0.80", "0.100 between two halves", "p = 0.005"):
        assert number in page
    assert "patients’ pictures" not in page
    assert CASE not in page


def test_pictures_come_from_private_and_only_on_request(folder: Path) -> None:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG")
    (folder / "private").mkdir()
    pd.DataFrame({"case_id": [CASE], "jpeg": [buffer.getvalue()]}).to_parquet(folder / "private" / "thumbnails.parquet")
    page = render_shift(folder).read_text("utf-8")
    assert "data:image/jpeg" in page
    assert "keep it in the house" in page
    assert "data:image" not in render_shift(folder, images=False).read_text("utf-8")


def test_what_is_not_known_is_left_out(folder: Path) -> None:
    content = {**read_json(folder / "shift.json"), "label_shift": None, "aspects": [], "expected_accuracy": None}
    assert [table.caption for table in shift_tables(content)] == ["Tests"]
    assert [table.caption for table in shift_tables(CONTENT)] == ["Tests", "Classes", "Pictures"]


def test_the_map_fills_its_frame_and_takes_the_sides_in_turn() -> None:
    found = dots({"source": [[0.0, 0.0], [2.0, 1.0]], "target": [[1.0, 3.0], [1.0, 1.0]]})
    assert [dot.series for dot in found] == [1, 2, 1, 2]
    assert {dot.x for dot in found} == {12.0, 320.0, 628.0}
    assert min(dot.y for dot in found) == 12.0
    assert max(dot.y for dot in found) == 408.0
    assert dots({"source": [[1.0, 1.0]], "target": []})[0].x == 12.0
    assert dots({"source": [], "target": []}) == []


def test_maps_that_stand_side_by_side_have_one_scale() -> None:
    before = {"source": [[0.0, 0.0]], "target": [[1.0, 1.0]]}
    after = {"source": [[3.0, 2.0]], "target": [[1.0, 1.0]]}
    first, second = dots(before, after), dots(after, before)
    assert first[1] == second[1], "a case that was not moved lies at one place in both"
    assert (first[0].x, second[0].x) == (12.0, 628.0)
