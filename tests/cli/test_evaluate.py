"""``medgraft evaluate`` adds an external part to the run."""

from __future__ import annotations


def test_evaluate(fitted, run, call):
    answer = call("evaluate", run, fitted.cohort, "--name", "again")
    assert answer["split"] == "external:again"
    assert answer["metrics"]["accuracy"]["n"] > 0
