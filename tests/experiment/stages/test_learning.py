"""The learning curve of a fit: asked for, or with a budget."""

from __future__ import annotations

import pytest

from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json


def test_points_law_and_advice(fitted, tmp_path):
    run = tmp_path / "run"
    fit_run(fitted.cohort, run, sets=["evaluation.learning_curve=true"], home=fitted.home)
    told = read_json(run / "learning_curve.json")
    sizes = [point["n"] for point in told["points"]]
    assert sizes == sorted(sizes)
    assert [at["n"] for at in told["curve"]] == pytest.approx([*sizes, 2 * sizes[-1], 4 * sizes[-1]], abs=0.2)
    assert told["answer"] in ("labels", "model", "unclear")
    assert told["words"] in (run / "report.html").read_text("utf-8")
    assert (run / "metrics.json").read_bytes() == (fitted.run / "metrics.json").read_bytes()


def test_none_where_nobody_asked(fitted):
    assert not (fitted.run / "learning_curve.json").exists()
