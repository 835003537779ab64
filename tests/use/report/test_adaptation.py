"""What the report says of an adapted run."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

from medgraft.use.report.adaptation import adaptation_sentences, adaptation_view

GAP = {
    "first": 0.9,
    "second": 0.8,
    "difference": 0.1,
    "low": 0.02,
    "high": 0.2,
    "method": "",
    "n": 50,
    "n_patients": 40,
}
CONTENT: dict[str, Any] = {
    "method": "coral",
    "asked": "auto",
    "learnt_labels": 0,
    "judged": 50,
    "collapsed": None,
    "facts": {},
    "shift": {"shifted": True, "p_value": 0.0002, "kind": "pictures", "overlaps": True, "label_shift": None},
    "acquisition": None,
    "label_curve": [{"labels": 8, "auroc": GAP}, {"labels": 30, "auroc": GAP}],
    "guard": {
        "jury": "labels",
        "chosen": "coral",
        "considered": "coral",
        "sureness": 0.83,
        "votes": {"snd": 1.0},
        "reason": "4 of 4 scores are for it",
        "candidates": [
            {"name": "source-only", "seconds": 0.1, "collapsed": None, "scores": {"snd": 1.0}},
            {"name": "coral", "seconds": 2.0, "collapsed": "<b>one class</b>", "scores": {"snd": None}},
        ],
        "failed": {},
    },
    "result": {"auroc": GAP, "accuracy": GAP},
    "hindsight": {
        "considered": "coral",
        "difference": {"value": 0.1, "low": 0.02, "high": 0.2},
        "beyond_chance": True,
        "right": True,
    },
}


def said(**changes: Any) -> str:
    return " ".join(adaptation_sentences({**copy.deepcopy(CONTENT), **changes}))


def test_what_was_done_why_and_what_it_gained():
    text = said()
    assert (
        "differs from the source in its pictures (p < 0.001). It was adapted by coral, without target labels." in text
    )
    assert "considered coral, and is 83.0 % sure" in text
    assert "AUROC is 0.900, that of the source's model 0.800: better (difference 0.100, 0.020 to 0.200)" in text
    assert "In hindsight the guard was right about coral" in text
    assert "hardly overlap" not in text


def test_what_was_found_to_lie_between_the_sites_and_who_judged():
    found = {"steps": ["gaussian-blur 4", "jpeg 1"], "explained": 0.91, "distance": {"before": 0.1, "after": 0.009}}
    text = said(acquisition=found)
    assert "after gaussian-blur 4 then jpeg 1: that explains 91.0 % of what differs" in text
    assert "No change of how pictures were taken" in said(acquisition={**found, "steps": [], "explained": 0.0})
    assert "by target labels that were hidden from it" in text
    assert "changed to look like the target's" in said(guard={**CONTENT["guard"], "jury": "stand-in"})


def test_a_loss_and_chance_are_called_so():
    worse = {"auroc": {**GAP, "low": -0.2, "high": -0.1, "difference": -0.15}, "accuracy": GAP}
    assert ": worse (difference" in said(result=worse)
    chance = {"auroc": {**GAP, "low": -0.1}, "accuracy": GAP}
    assert "no difference beyond chance" in said(result=chance)
    seen = {**CONTENT["hindsight"], "right": False, "beyond_chance": False}
    assert "was wrong about coral, though by no more than chance" in said(hindsight=seen)


def test_what_is_not_known_is_said():
    assert "what it gained is not known" in said(result=None, judged=0, hindsight=None)
    kept = said(method="source-only", guard={**CONTENT["guard"], "chosen": "source-only"})
    assert "kept as it is" in kept
    apart = {**CONTENT["shift"], "overlaps": False}
    assert "adapt with --labels" in said(shift=apart)
    assert "adapt with --labels" not in said(shift=apart, learnt_labels=20)


def test_tables():
    view = adaptation_view(SimpleNamespace(adaptation=CONTENT))  # type: ignore[arg-type]
    assert view is not None
    captions = [table.caption for table in view.tables]
    assert captions == ["Beside the source's model", "What labels of the target buy", "What was tried"]
    assert [row.title for row in view.tables[1].rows] == ["8 labels", "30 labels"]
    assert adaptation_view(SimpleNamespace(adaptation={})) is None  # type: ignore[arg-type]
