"""Answers about the results."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.checklists import about_results
from medgraft.use.report.checklists.answer import ANSWERS
from medgraft.use.report.wording import decimal

assert about_results.__all__ == []


def answer(fabricate, name, **changes):
    return ANSWERS.get(name)(dataclasses.replace(read_artefacts(fabricate()), **changes))


def test_the_numbers_are_those_of_the_metrics(fabricate):
    run = read_artefacts(fabricate())
    value = run.estimate("test", "auroc")["value"]
    assert f"Test: AUROC {decimal(value)}" in answer(fabricate, "performance")[0]


def test_external_is_answered_only_where_it_is(fabricate):
    run = read_artefacts(fabricate())
    inside = {name: one for name, one in run.metrics.items() if not name.startswith("external:")}
    assert answer(fabricate, "external", metrics=inside) is None
    assert answer(fabricate, "external", metrics={**inside, "external:clinic": run.metrics["test"]}) is not None


def test_groups_are_fairness(fabricate):
    assert answer(fabricate, "fairness") is None
    assert answer(fabricate, "fairness", subgroups={"by": ["sex", "site"]})[0].startswith("Numbers by sex and site")
