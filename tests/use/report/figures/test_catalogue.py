from __future__ import annotations

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.catalogue import FIGURES, PAGE_ORDER, drawn_figures


def test_every_figure_is_drawn_in_the_order_of_the_page(fabricate):
    assert set(PAGE_ORDER) == set(FIGURES)
    titles = [figure.title for figure in drawn_figures(read_artefacts(fabricate()))]
    assert titles[0] == "ROC curve" and titles[-2:] == ["Training", "More labels?"] and len(titles) == 8
