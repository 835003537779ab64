"""The section of image and table: what adds to what, said only where it is more than chance."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.fusion import fusion_view


def estimate(value):
    return {"value": value, "low": value - 0.05, "high": value + 0.04, "n": 40, "n_patients": 30}


def paired(first, second, reach):
    gap = first - second
    limits = {"low": gap - reach, "high": gap + reach}
    return {
        "first": first,
        "second": second,
        "difference": gap,
        **limits,
        "method": "paired DeLong",
        "n": 40,
        "n_patients": 30,
    }


def difference(first, second, values, reach=0.05):
    test = {
        "first_only": 5,
        "second_only": 2,
        "p_value": 0.3,
        "method": "",
        "p_asymptotic": None,
        "n": 40,
        "n_patients": 30,
    }
    pair = paired(*values, reach)
    return {"first": first, "second": second, "auroc": pair, "accuracy": pair, "mcnemar": test}


FUSION = {
    "by": "patient",
    "columns": [
        {"name": "<b>age</b>", "kind": "number", "groups": 0, "missing": 0.0},
        {"name": "crp", "kind": "number", "groups": 0, "missing": 0.25},
    ],
    "cases": 240,
    "cases_with_a_row": 200,
    "image_answers_from": "cv",
    "slopes": [{"column": "image", "both": 0.9, "table": None}, {"column": "crp", "both": -0.25, "table": 0.5}],
    "splits": {
        "test": {
            "n": 40,
            "n_patients": 30,
            "without_a_row": 8,
            "models": {
                "image": {"auroc": estimate(0.8)},
                "table": {"auroc": estimate(0.7)},
                "both": {"auroc": estimate(0.9)},
            },
            "differences": [
                difference("both", "image", (0.9, 0.8)),
                difference("both", "table", (0.9, 0.7), reach=0.3),
                difference("image", "table", (0.8, 0.7)),
            ],
        }
    },
}


def view(fabricate, **changes):
    return fusion_view(dataclasses.replace(read_artefacts(fabricate()), fusion={**FUSION, **changes}))


def test_nothing_without_a_table(fabricate):
    assert fusion_view(read_artefacts(fabricate())) is None


def test_what_adds_is_said_and_what_cannot_be_told_too(fabricate):
    found = view(fabricate)
    text = " ".join(found.sentences)
    assert (
        "Test: the table adds to the image 0.100 (0.050 to 0.150), more than chance: AUROC 0.800 becomes 0.900." in text
    )
    assert "whether the image adds to the table anything cannot be told from chance: 0.200 (−0.100 to 0.500)" in text
    assert "200 of 240 cases have a row" in text
    assert "most in crp (25 % of the training cases)" in text
    models, differences, slopes = found.tables
    assert [row.title for row in models.rows] == ["Image alone", "Table alone", "Image and table"]
    assert "8 cases without a row left out" in models.note
    assert differences.rows[0].title == "Image and table less image alone"
    assert differences.rows[0].cells[2].small == "5 against 2 cases"
    assert [cell.text for cell in slopes.rows[1].cells] == ["−0.25", "0.50"]


def test_worse_together_is_said(fabricate):
    test = {**FUSION["splits"]["test"], "differences": [difference("both", "image", (0.7, 0.9))]}
    assert "together is worse than one alone" in " ".join(view(fabricate, splits={"test": test}).sentences)


def test_one_class_and_no_cross_validation(fabricate):
    lost = {**difference("both", "image", (0.9, 0.8)), "auroc": None}
    test = {**FUSION["splits"]["test"], "differences": [lost]}
    text = " ".join(view(fabricate, splits={"test": test}, image_answers_from="val").sentences)
    assert "the cases are of one class" in text
    assert "learnt from the validation cases only" in text
