from __future__ import annotations

from medgraft.use.report.located.page import flat_terms, located_card, model_terms
from medgraft.use.report.summary import Summary


def test_inner_dictionaries_are_told_one_by_one():
    content = {"plan": {"patch": [8, 32], "batch": 2}, "kind": "x", "empty": {}}
    assert flat_terms(content, ("kind",)) == [("Plan: patch", "8, 32"), ("Plan: batch", "2"), ("Empty", "")]


def test_the_model_is_told_without_what_it_does_not_say(plain_run):
    scratch = dict(
        model_terms(plain_run(model={"backbone": None, "spec": {"width": 8}, "strategy": {"kind": "scratch"}}))
    )
    assert scratch == {"Strategy": "scratch", "Spec: width": "8"}
    frozen = dict(model_terms(plain_run(model={"frozen": True, "channels": 1})))
    assert frozen["Input channels"] == "1" and "frozen" in frozen["Backbone during training"]


def test_the_card_has_its_sections(plain_run):
    summary = Summary("Good.", [], ["Few cases."])
    card = {part.title: part for part in located_card(plain_run(), ["Draws."], summary, lambda split: [(split, "1")])}
    assert next(iter(card)) == "Intended use" and "Draws." in card["Intended use"].sentences
    assert "not a medical device" in card["Intended use"].sentences[0]
    assert card["Evaluation"].terms == [("test", "1")] and card["Limits"].sentences == ["Few cases."]
    assert "no source weights" in card["Licence of the source weights"].terms[0][1]
