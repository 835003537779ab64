"""Late fusion on a made cohort whose optimum is known in closed form: each side alone, and both."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.table import ClinicalRows
from medgraft.transfer.fusion.fusion import FusionCases, bent, cross_validated, evidence, fitted_fusion

SHIFT = 1.2
COLUMNS = (Column("marker", "number"), Column("noise", "number"), Column("sex", "category"))


def cohort(cases, image, table, seed=0):
    """One case a patient; the image's chances are its posterior, the marker is as far apart as ``table``."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(cases) % 2).astype(np.int64)
    seen = rng.normal(size=cases) + image * (labels - 0.5)
    chance = expit(image * seen)
    values = pd.DataFrame({"marker": rng.normal(size=cases) + table * (labels - 0.5), "noise": rng.normal(size=cases)})
    values["sex"] = rng.choice(["f", "m"], cases)
    values.loc[rng.random(cases) < 0.2, "noise"] = np.nan
    rows = ClinicalRows(COLUMNS, values, np.ones(cases, bool), "patient")
    return FusionCases(rows, np.stack([1 - chance, chance], axis=1)[None], labels, np.arange(cases))


def judged(fusion, new):
    told = {
        "image": new.image[0],
        "table": fusion.of_table(new.rows),
        "both": fusion.of_both(new.image[0], new.rows),
    }
    return {name: roc_auc_score(new.labels, chances[:, 1]) for name, chances in told.items()}


def best(*shifts):
    """AUROC of independent normal evidence."""
    return norm.cdf(math.hypot(*shifts) / math.sqrt(2))


def test_half_and_half_comes_near_the_optimum():
    found = judged(fitted_fusion(cohort(400, SHIFT, SHIFT)).fusion, cohort(4000, SHIFT, SHIFT, seed=1))
    assert found["table"] == pytest.approx(best(SHIFT), abs=0.025)
    assert found["both"] == pytest.approx(best(SHIFT, SHIFT), abs=0.02)
    assert found["both"] > max(found["image"], found["table"]) + 0.04


@pytest.mark.parametrize(("image", "table"), [(SHIFT, 0.0), (0.5, SHIFT)])
def test_a_side_that_says_little_costs_little(image, table):
    found = judged(fitted_fusion(cohort(300, image, table)).fusion, cohort(4000, image, table, seed=1))
    assert found["both"] > max(found["image"], found["table"]) - 0.01


def test_three_classes():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    chances = rng.dirichlet([1, 1, 1], 300) + np.eye(3)[labels] * 0.3
    values = pd.DataFrame({"marker": labels + rng.normal(size=300) * 0.7})
    rows = ClinicalRows(COLUMNS[:1], values, np.ones(300, bool), "patient")
    chances /= chances.sum(axis=1, keepdims=True)
    fusion = fitted_fusion(FusionCases(rows, chances[None], labels, np.arange(300))).fusion
    together = fusion.of_both(chances, rows)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    right = [(one.argmax(axis=1) == labels).mean() for one in (chances, fusion.of_table(rows), together)]
    assert right[2] > max(right[:2]) + 0.02


def test_a_repeat_is_no_new_case():
    cases = cohort(200, SHIFT, SHIFT)
    twice = FusionCases(cases.rows, np.repeat(cases.image, 3, axis=0), cases.labels, cases.groups)
    one, three = fitted_fusion(cases), fitted_fusion(twice)
    assert one.fusion.both.strength == three.fusion.both.strength
    np.testing.assert_allclose(one.fusion.both.weight, three.fusion.both.weight, atol=2e-3)
    np.testing.assert_allclose(one.held_out["both"], three.held_out["both"], atol=2e-3)


def test_evidence_is_centred_and_bent_evidence_keeps_its_order():
    chances = np.array([[0.5, 0.5], [0.1, 0.9], [0.0, 1.0]])
    learnt = evidence(chances)
    np.testing.assert_allclose(learnt[1, 1] - learnt[1, 0], math.log(9))
    assert np.isfinite(learnt).all()
    loud = bent(np.array([[-100.0, 100.0], [-50.0, 50.0], [-0.1, 0.1]]), 1.0)
    assert np.abs(loud).max() <= 3
    assert loud[2, 1] == pytest.approx(0.1, abs=1e-3)
    assert (bent(learnt, 0.0) == 0).all()


def test_cross_validation_answers_without_the_case():
    """Labels turned round in one fold change nothing in what the others' models say of it."""
    cases, fold = cohort(100, SHIFT, SHIFT), np.arange(100) % 5
    asked = []

    def without(number):
        asked.append(number)
        return cases.image[0]

    found = cross_validated(cases, fold, without)
    assert sorted(asked) == [0, 1, 2, 3, 4]
    turned = FusionCases(cases.rows, cases.image, np.where(fold == 2, 1 - cases.labels, cases.labels), cases.groups)
    again = cross_validated(turned, fold, lambda number: cases.image[0])
    for name in ("table", "both"):
        np.testing.assert_array_equal(found[name][fold == 2], again[name][fold == 2])
        assert not np.array_equal(found[name][fold != 2], again[name][fold != 2])


def test_a_class_in_one_fold_only_is_not_cross_validated():
    cases = cohort(40, SHIFT, SHIFT)
    assert cross_validated(cases, cases.labels, lambda number: cases.image[0]) == {}


def test_slopes_have_the_names_of_the_columns():
    fusion = fitted_fusion(cohort(400, SHIFT, SHIFT)).fusion
    slopes = {one["column"]: one for one in fusion.slopes()}
    assert list(slopes) == ["image", "marker", "noise", "noise missing", "sex = f", "sex = m"]
    assert slopes["image"]["table"] is None
    assert slopes["marker"]["both"] > 3 * abs(slopes["noise"]["both"])
