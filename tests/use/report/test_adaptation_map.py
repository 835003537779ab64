"""The map of an adapted run: two panels of one scale where features were moved, one where they were not."""

from __future__ import annotations

from typing import Any

import pytest

from medgraft.use.report.adaptation_map import AdaptationMap, adaptation_map

BEFORE = {"source": [[0.0, 0.0], [1.0, 1.0]], "target": [[4.0, 4.0]]}
AFTER = {"source": [[4.0, 3.0], [5.0, 4.0]], "target": [[4.0, 4.0]]}


def told(method: str = "coral", **changes: Any) -> AdaptationMap:
    found = {
        "moved": "source",
        "before": BEFORE,
        "after": AFTER,
        "auroc": {"before": 0.98, "after": 0.31},
        "mmd": {"before": 0.2345, "after": -0.001},
        **changes,
    }
    view = adaptation_map({"method": method, "map": found})
    assert view is not None
    return view


def test_two_panels_of_one_scale_with_the_numbers_beside() -> None:
    view = told()
    assert [panel.title for panel in view.panels] == ["Before", "After, by coral"]
    assert view.sentence.startswith("coral moves the source's cases")
    assert "Plane and scale are the same" in view.note
    ends = [[dot for dot in panel.dots if dot.series == 2] for panel in view.panels]
    assert ends[0] == ends[1]
    assert [[cell.text for cell in row.cells] for row in view.table.rows] == [
        ["0.980", "at most 0.500"],
        ["0.2345", "−0.0010"],
    ]
    assert view.panels[1].alt == "After, by coral: 2 cases of the source and 1 of the target in one plane"


@pytest.mark.parametrize(
    ("method", "words"),
    [("shot", "shot changes how features are read, and leaves them"), ("source-only", "The source's model is kept")],
)
def test_one_panel_where_nothing_is_moved(method: str, words: str) -> None:
    nothing = {"auroc": {"before": 0.98, "after": None}, "mmd": {"before": 0.2, "after": None}}
    view = told(method, moved="none", after=None, **nothing)
    assert words in view.sentence
    assert [panel.title for panel in view.panels] == ["Before and after"]
    assert [cell.text for cell in view.table.columns] == ["Before and after"]
    assert "same in both" not in view.note


def test_a_space_of_its_own_has_numbers_and_no_drawing() -> None:
    view = told("dann", moved="own space", after=None)
    assert "whose own space this plane does not show" in view.sentence
    assert [panel.title for panel in view.panels] == ["Before"]
    assert [cell.text for cell in view.table.columns] == ["Before", "After"]


def test_a_run_without_a_map_has_none() -> None:
    assert adaptation_map({"method": "coral"}) is None
