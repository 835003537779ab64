"""The section of groups: how many comparisons, which stay, what is marked, what is not shown."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.subgroups import subgroup_view


def row(group, p_holm, few=()):
    estimate = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 40, "n_patients": 20}
    gap = {"difference": -0.1, "low": -0.2, "high": 0.0, "p_value": p_holm / 4, "p_holm": p_holm}
    empty = dict.fromkeys(gap)
    return {
        "group": group,
        "n": 40,
        "n_patients": 20,
        "few_events": list(few),
        "metrics": {"auroc": estimate, "sensitivity": estimate},
        "differences": {"auroc": gap, "sensitivity": empty},
    }


def told(*rows, **column):
    one = {"column": "site", "unknown": 3, "too_few": 2, "alone": False, "groups": list(rows), **column}
    return {"by": ["site"], "splits": {"test": {"comparisons": 4, "columns": [one]}}}


def view(fabricate, content):
    return subgroup_view(dataclasses.replace(read_artefacts(fabricate()), subgroups=content))


def test_nothing_where_nothing_was_asked(fabricate):
    assert subgroup_view(read_artefacts(fabricate())) is None


def test_what_differs_and_what_was_left_out(fabricate):
    found = view(fabricate, told(row("north", 0.004), row("<i>south</i>", 0.6, ["malignant"])))
    text = " ".join(found.sentences)
    assert "4 comparisons" in text
    assert "about 0.2 of them would come out below 0.05 by chance" in text
    assert "different from the rest, after Holm's correction: AUROC in site = north (−0.100, p = 0.004)" in text
    assert "south" not in text
    assert "3 cases of unknown site and 2 groups of fewer than five patients, not shown" in text
    (table,) = found.tables
    assert [one.title for one in table.rows] == ["north", "<i>south</i>"]
    assert table.rows[1].hint == "few events: malignant"
    assert table.rows[0].cells[3].small == "−0.200 to 0.000; p = 0.004"
    assert table.rows[0].cells[4].text == "–"


def test_no_difference_is_no_proof(fabricate):
    text = " ".join(view(fabricate, told(row("north", 0.4))).sentences)
    assert "no group differs from the rest by more than chance" in text
    assert "can stay hidden" in text


def test_a_column_without_groups_has_no_table(fabricate):
    assert view(fabricate, told()).tables == []
