"""The section for who has another scanner: spread, gaps beyond chance, and what was not measured."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.new_site import new_site_view


def one(site, value, gap):
    return {
        "site": site,
        "n": 40,
        "n_patients": 20,
        "auroc": {"value": value, "low": value - 0.1, "high": value + 0.05},
        "known_auroc": {"value": value - gap, "low": 0.6, "high": 0.95},
        "gap": {"value": gap, "low": gap - 0.03, "high": gap + 0.03},
    }


LOSO = {
    "sites": [
        one("north", 0.9, -0.01),
        one("<b>south</b>", 0.7, -0.1),
        {**one("east", 0.8, 0), "auroc": None, "gap": None},
    ],
    "failed": {"east": "the other sites have no case of 1 of the classes"},
    "unknown_site": 3,
}


def view(fabricate, **changes):
    return new_site_view(dataclasses.replace(read_artefacts(fabricate()), loso={**LOSO, **changes}))


def test_nothing_without_sites(fabricate):
    assert new_site_view(read_artefacts(fabricate())) is None


def test_rows_and_sentences(fabricate):
    found = view(fabricate)
    text = " ".join(found.sentences)
    assert "from 0.700 (<b>south</b>) to 0.900 (north)" in text  # escaped by the page
    assert "Worse as a new site than as a known one, beyond chance: <b>south</b>." in text
    assert "Not measured: east: the other sites" in text
    assert "3 cases of unknown site" in text
    assert [row.title for row in found.table.rows] == ["north", "<b>south</b>", "east"]
    assert found.table.rows[0].cells[2].text == "0.900"


def test_no_gap_beyond_chance_is_said(fabricate):
    assert "No site was worse" in " ".join(view(fabricate, sites=[one("a", 0.8, -0.01), one("b", 0.8, 0.01)]).sentences)
