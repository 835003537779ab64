"""What a run answers with says who evaluates and who adapts it."""

from __future__ import annotations

from medgraft.experiment.adapting import adapt_run
from medgraft.experiment.adapting_outlines import adapt_outlined
from medgraft.experiment.elsewhere import adapter_of, evaluator_of
from medgraft.experiment.evaluating_boxes import evaluate_boxed
from medgraft.experiment.evaluating_outlines import evaluate_outlined
from medgraft.experiment.predicting import evaluate_run
from medgraft.files import write_json


def test_by_what_the_run_answers_with(outlined_run, fitted, tmp_path):
    (tmp_path / "bundle").mkdir()
    write_json(tmp_path / "bundle" / "labels.json", {"task": "detection"})
    assert evaluator_of(tmp_path) is evaluate_boxed
    (tmp_path / "bundle" / "labels.json").unlink()
    assert evaluator_of(outlined_run) is evaluate_outlined
    assert evaluator_of(fitted.run) is evaluate_run
    assert evaluator_of(tmp_path) is evaluate_run  # which tells what is wrong with it
    assert adapter_of(outlined_run) is adapt_outlined
    assert adapter_of(fitted.run) is adapt_run
