"""The page shows the course, the thresholds and the statement, fetches nothing, and survives what is not known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from medgraft.files import write_json
from medgraft.use.clinical.follow_up import STATEMENT, Study, follow_up
from medgraft.use.clinical.response import RULES
from medgraft.use.prediction.segmented import Segmented
from medgraft.use.report.follow_up_page import (
    CHART_SIZE,
    change_text,
    course_chart,
    follow_up_tables,
    render_follow_up,
)

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture
def content(ball):
    def one(day: int, radius: float) -> Study:
        labels = ball((20, 50, 50), SPACING, (20.0, 25.0, 25.0), radius).astype(np.uint8)
        return Study(day, Segmented(labels, SPACING, None, {1: "<b>tumour", 2: "node"}))

    return follow_up([one(0, 12.0), one(40, 8.0), one(100, 12.0)], RULES["recist"], relative_sd={"<b>tumour": 0.05})


def test_the_page_says_it_all_and_names_are_inert(content, tmp_path):
    write_json(tmp_path / "follow-up.json", content)
    page = render_follow_up(tmp_path).read_text("utf-8")
    for text in (STATEMENT, "day 0: baseline; day 40: PR; day 100: PD", "RECIST-like", "20 %", "not there at first"):
        assert text in page
    assert "<b>tumour" not in page and "&lt;b&gt;tumour" in page
    assert "default-src 'none'" in page and "<script" not in page
    assert not re.search(r"(?:src|href)=[\"']?(?!#)(?!data:)", page.split("</style>")[1])
    assert page.count("<polyline") == 2 and page.count("<circle") >= 6


def test_a_chart_is_to_scale(content):
    changes = {"a": [(0.0, None), (-30.0, 10.0), (None, None), (60.0, 10.0)]}
    chart = course_chart("t", [0, 25, 50, 100], changes, {"PR": -30.0, "PD": 20.0})
    (line,) = chart.lines
    assert [mark.told.split(", ")[1][:6] for mark in line.marks] == ["day 0:", "day 25", "day 10"]
    first, second, last = line.marks
    assert (second.x - first.x) / (last.x - first.x) == pytest.approx(0.25, abs=0.01)
    assert second.y == chart.levels[0][0], "what is on the threshold stands on its line"
    assert (second.y - first.y) / (first.y - last.y) == pytest.approx(0.5, abs=0.01)
    assert second.low - second.y == pytest.approx(second.y - second.high, abs=0.11)
    for mark in line.marks:
        assert 0 < mark.x <= CHART_SIZE[0] and 0 < mark.y <= CHART_SIZE[1]
    zero = {text: y for y, text in chart.rows}["0"]
    assert zero == first.y


@pytest.mark.parametrize("changes", [[(0.0, None)] * 2, [(None, None)] * 2, [(0.0, None), (1e7, 1e3)]])
def test_a_flat_an_unknown_and_a_huge_course_are_drawn(changes):
    chart = course_chart("t", [0, 0], {"a": changes}, {})
    assert 2 <= len(chart.rows) <= 9
    assert len(chart.columns) == 1


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [(12.34, 8.0, "+12.3 % ± 8.0"), (-5.0, None, "−5.0 %"), (0.0, None, "0.0 %"), (None, 8.0, "–")],
)
def test_changes_in_words(change, error, told):
    assert change_text(change, error) == told


def test_tables_hold_every_study_and_lesion(content):
    tables = follow_up_tables(content)
    assert [table.caption for table in tables] == ["All targets", "<b>tumour", "Lesions of <b>tumour", "node"]
    sizes = tables[1]
    assert [row.title for row in sizes.rows] == ["Day 0", "Day 40", "Day 100"]
    assert sizes.rows[1].cells[1].text.startswith("−7") and sizes.rows[1].cells[1].small == "beyond the error"
    assert tables[2].rows[0].hint == "target"
    assert [cell.text for cell in tables[0].rows[2].cells][-1] == "PD"
