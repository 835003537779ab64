"""Several models on the same cases: numbers and differences are those of the parts they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.additions import JudgedModel, additions
from medgraft.measure.evaluation import evaluate
from medgraft.measure.mcnemar import mcnemar
from medgraft.measure.paired import auroc_difference


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    truth = np.arange(90) % 2
    chances = {name: rng.random(90) * 0.6 + 0.4 * truth * k for name, k in (("good", 1), ("poor", 0.2))}
    return truth, {name: np.stack([1 - p, p], axis=1) for name, p in chances.items()}


def test_numbers_and_differences(drawn):
    truth, chances = drawn
    models = {"good": JudgedModel(chances["good"], 0.6, "cv"), "poor": JudgedModel(chances["poor"])}
    roles = {"labels": ("no", "yes"), "positive": "yes", "groups": np.arange(90), "majority": 0}
    found = additions(truth, models, [("good", "poor")], **roles, replicates=100)
    alone = evaluate(truth, chances["good"], **roles, threshold=0.6, threshold_from="cv", replicates=100)
    assert found["models"]["good"]["auroc"] == alone["auroc"]
    assert found["models"]["good"]["sensitivity"]["threshold"] == 0.6
    gap = found["differences"][0]
    assert gap["auroc"] == vars(
        auroc_difference(truth, chances["good"], chances["poor"], positive=1, groups=np.arange(90))
    )
    calls = [(chances["good"][:, 1] >= 0.6) == truth, (chances["poor"][:, 1] >= 0.5) == truth]
    assert gap["mcnemar"]["p_value"] == mcnemar(*calls, groups=np.arange(90)).p_value
    assert (found["n"], found["n_patients"]) == (90, 90)


def test_one_class_has_no_auroc(drawn):
    _, chances = drawn
    models = {name: JudgedModel(one) for name, one in chances.items()}
    found = additions(
        np.zeros(90, np.int64),
        models,
        [("good", "poor")],
        labels=("no", "yes"),
        positive="yes",
        groups=None,
        majority=0,
    )
    assert found["differences"][0]["auroc"] is None
    assert found["n_patients"] is None
