"""The answer in sentences: one for each kind, and what should not be believed is said."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from medgraft.use.report.shift_words import shift_sentences

SPAN = {"value": 0.9, "low": 0.85, "high": 0.95}
CONTENT: dict[str, Any] = {
    "shifted": True,
    "p_value": 0.001,
    "kind": "pictures",
    "overlaps": True,
    "label_shift": None,
    "expected_accuracy": {
        **SPAN,
        "trusted": True,
        "source": SPAN,
        "by_confidence": SPAN,
        "drop": {"value": 0.0, "low": -0.02, "high": 0.02},
    },
    "classifier": {"auroc": 0.8, "p_value": 0.001, "error": 0.3},
    "aspects": [
        {"name": "brightness", "source": 0.31, "target": 0.62, "chance_higher": 0.97, "clear": True},
        {"name": "width in pixels", "source": 1024.0, "target": 512.0, "chance_higher": 0.0, "clear": True},
        {"name": "contrast", "source": 0.2, "target": 0.21, "chance_higher": 0.52, "clear": False},
    ],
    "source": {"name": "here", "looked_at": 200},
    "target": {"name": "there", "looked_at": 150},
}
SHARES = {
    "differs": True,
    "residual_p_value": 0.4,
    "shares": [
        {"label": "clear", "source": 0.5, "em": {"value": 0.2, "low": 0.15, "high": 0.25}},
        {"label": "nodule", "source": 0.5, "em": {"value": 0.8, "low": 0.75, "high": 0.85}},
    ],
}


def _said(**changes: Any) -> str:
    return " ".join(shift_sentences({**copy.deepcopy(CONTENT), **changes}))


def test_pictures_are_named_by_what_differs() -> None:
    said = _said()
    assert said.startswith("there differs from here in its pictures (p = 0.001)")
    assert "which is which in 80 %" in said
    assert "brightness is higher (0.62 against 0.31) and width in pixels is lower (512 against 1024)" in said
    assert "contrast" not in said
    assert "No loss beyond chance is expected." in said
    assert "No plain number of the pictures" in _said(aspects=[])


def test_nothing_found_is_not_nothing_there() -> None:
    said = _said(kind="none", shifted=False, p_value=0.31)
    assert "cannot be told from here beyond chance (p = 0.310)" in said
    assert "150 cases can show" in said
    assert "brightness" not in said
    assert "It matters" not in said


def test_labels_are_told_with_their_shares_and_doubted_where_pictures_differ() -> None:
    said = _said(kind="labels", label_shift=SHARES)
    assert "in its mixture of classes, which explains the whole difference" in said
    assert "nodule 80 % (75 % to 85 %) in place of 50 %" in said
    assert "does not hold here" not in said
    assert "does not hold here" in _said(label_shift=SHARES)
    assert "mixture" not in _said(label_shift={**SHARES, "differs": False})
    assert "cannot be told." in _said(kind="unknown", label_shift=SHARES)


@pytest.mark.parametrize("kind", ["pictures", "unknown"])
def test_pictures_of_another_kind_have_no_estimate_to_trust(kind: str) -> None:
    said = _said(kind=kind, classifier={"auroc": 0.99}, overlaps=False)
    assert "Do not believe it" in said
    assert "No loss" not in said
    assert "Do not believe it" not in _said()


def test_a_loss_and_opinions_that_part() -> None:
    accuracy = copy.deepcopy(CONTENT["expected_accuracy"])
    accuracy["drop"] = {"value": 0.2, "low": 0.1, "high": 0.3}
    assert "It matters: the loss is beyond chance." in _said(expected_accuracy=accuracy)
    accuracy |= {"by_confidence": {"value": 0.6, "low": 0.5, "high": 0.7}, "trusted": False}
    assert "is 0.60: the two part, so trust neither" in _said(expected_accuracy=accuracy)
    assert "accuracy" not in _said(expected_accuracy=None)
