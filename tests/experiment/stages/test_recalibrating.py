"""A shifted site is mended by some of its cases or by its prevalence; those cases judge nothing; calls stay."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from medgraft.errors import CohortError, UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.recalibrating import NewSite, recalibrate
from medgraft.experiment.stages.robustness import Evaluated
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel

TASK = Classification(("a", "b"), "b")
BUNDLE = SimpleNamespace(task=TASK, calibration=Calibration(threshold=0.5, threshold_from="val"))


def site(prevalence, n=400, seed=0, per_patient=2):
    """Answers of a model from a place where half of the cases are positive."""
    random = np.random.default_rng(seed)
    truth = random.random(n) < prevalence
    p = expit(random.normal(size=n) + 2 * truth - 1.0)  # true odds at one half: exp(2 x) of x = score
    p = expit(2 * logit(p))
    table = pd.DataFrame(
        {
            "case_id": [f"c{row}" for row in range(n)],
            "patient_id": [f"p{row // per_patient}" for row in range(n)],
            "label": np.where(truth, "b", "a"),
        }
    )
    evaluated = Evaluated("external:x", table, [None] * n, 0, 200)
    return evaluated, (np.stack([1 - p, p], axis=1), np.arange(n, dtype=np.float32)[:, None])


def asked(evaluated, answers, new, run=None):
    return recalibrate(run or RunFolder(None), evaluated, answers, BUNDLE, new)


def test_labelled_cases_mend_and_do_not_judge():
    evaluated, answers = site(0.1)
    found = asked(evaluated, answers, NewSite(labelled=100))
    content = found.content
    assert content["cases"] == 100 and content["patients"] == 50
    assert len(found.evaluated.table) == len(found.probability) == len(found.features) == 300
    kept = found.features[:, 0].astype(int)
    assert found.evaluated.table["case_id"].tolist() == [f"c{row}" for row in kept]
    assert len(set(found.evaluated.table["patient_id"])) == 150  # no patient is on both sides
    np.testing.assert_array_equal(found.probability, answers[0][kept])  # as they were answered
    assert content["brier"]["difference"]["high"] < 0
    assert content["calibration"]["after"]["ece"] < content["calibration"]["before"]["ece"]
    assert content["accuracy"]["before"] == content["accuracy"]["after"]


def test_the_prevalence_alone(tmp_path):
    rows = pd.DataFrame({"split": ["train"] * 10 + ["test"], "y_true": ["a", "b"] * 5 + ["a"]})
    rows.to_parquet(tmp_path / "predictions.parquet")
    evaluated, answers = site(0.1)
    content = asked(evaluated, answers, NewSite(prevalence=0.1), RunFolder(tmp_path)).content
    assert (content["from"], content["cases"], content["map"]["slope"]) == ("prevalence", 0, 1.0)
    shifts = content["map"]["shifts"]
    assert shifts[1] - shifts[0] == pytest.approx(np.log(0.1 / 0.9))
    assert content["brier"]["difference"]["high"] < 0


def test_nothing_is_changed_where_nothing_is_asked():
    evaluated, answers = site(0.5)
    found = asked(evaluated, answers, NewSite())
    assert found.content is None and found.evaluated is evaluated


@pytest.mark.parametrize(
    ("new", "task", "match"),
    [
        (NewSite(labelled=3), TASK, "10 labelled cases or more"),
        (NewSite(prevalence=1.5), TASK, "above 0 and below 1"),
        (NewSite(prevalence=0.2), Classification(("a", "b", "c"), None), "positive class of two"),
        (NewSite(labelled=50), MultiLabel(("a", "b")), "one label a case"),
    ],
)
def test_what_cannot_be_done_is_told_before(new, task, match):
    with pytest.raises(UsageError, match=match.replace("(", r"\(")):
        new.require_fit(SimpleNamespace(task=task))


def test_too_few_to_judge_by():
    with pytest.raises(CohortError, match="left to judge by"):
        asked(*site(0.5, n=24), NewSite(labelled=20))
