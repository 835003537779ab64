from __future__ import annotations

import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.score_distribution import score_distribution


@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c")])
def test_shares_of_each_group_add_to_one(fabricate, labels):
    figure = score_distribution(read_artefacts(fabricate(labels=labels)))
    assert len(figure.data) == 2
    assert all(abs(sum(bars["y"]) - 1) < 1e-3 for bars in figure.data)


def test_the_threshold_is_drawn_for_two_classes_only(fabricate):
    assert score_distribution(read_artefacts(fabricate())).layout["shapes"][0]["x0"] == 0.46
    assert "shapes" not in score_distribution(read_artefacts(fabricate(labels=("a", "b", "c")))).layout
