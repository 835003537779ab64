"""A planted shortcut is named with its AUROC; noise is not; patients are not parted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.insight.audit.check import Material
from medgraft.insight.audit.shortcuts import cue_scores, shortcuts


def test_a_cue_that_tells_and_one_that_does_not() -> None:
    rng = np.random.default_rng(0)
    truth, groups = np.arange(200) % 2, np.arange(200)
    telling = rng.normal(size=(200, 2)) + 2.5 * truth[:, None]
    found = cue_scores(telling, truth, groups, tests=12)
    assert found["auroc"] > 0.95
    assert found["floor"] < found["low"] < found["auroc"] < found["high"]
    silent = [cue_scores(rng.normal(size=(200, 3)), truth, groups, tests=12) for _ in range(20)]
    assert not [one for one in silent if one["floor"] > 0.5]


def test_any_shape_of_dependence_is_seen() -> None:
    """The class lies in the middle of the number's range."""
    number = np.linspace(-1, 1, 300)
    truth = (np.abs(number) < 0.5).astype(np.int64)
    assert cue_scores(number[:, None], truth, np.arange(300), tests=1)["auroc"] > 0.9


def test_auroc_is_that_of_scikit_learn_on_one_number() -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(400) % 2
    site = (rng.random(400) < np.where(truth, 0.9, 0.1)).astype(float)
    found = cue_scores(np.stack([site, 1 - site], axis=1), truth, np.arange(400), tests=1)
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, site), abs=0.03)


def test_patients_that_look_alike_are_no_evidence() -> None:
    """Eight patients with ten equal cases each and no signal: random labels of patients are not told."""
    rng = np.random.default_rng(2)
    named = 0
    for _ in range(20):
        groups = np.repeat(np.arange(16), 8)
        numbers = rng.normal(size=(16, 3))[groups] + 0.01 * rng.normal(size=(128, 3))
        found = cue_scores(numbers, rng.permutation(np.arange(16) % 2)[groups], groups, tests=12)
        named += found["floor"] > 0.5 and found["auroc"] >= 0.7
    assert named <= 1


def test_too_few_groups_say_nothing() -> None:
    assert cue_scores(np.zeros((4, 1)), np.array([0, 0, 1, 1]), np.array([0, 1, 2, 2]), tests=1) is None


def test_the_check_names_the_site(textured: Callable, facts_of: Callable, cohort_of: Callable) -> None:
    labels = ["ill" if number % 2 else "well" for number in range(60)]
    sites = ["clinic" if label == "ill" else "practice" for label in labels]
    cohort = cohort_of(labels, sites=sites)
    facts = {case: facts_of(textured(seed, 64)) for seed, case in enumerate(cohort.table["case_id"])}
    (entry,) = shortcuts(Material(cohort, facts, {}))["shortcuts"]
    assert (entry["cue"], entry["auroc"]) == ("site", 1.0)
    assert entry["text"].startswith("The site alone predicts the label with an AUROC of 1.00")
    clean = cohort_of(labels, sites=["a" if number % 4 < 2 else "b" for number in range(60)])
    assert shortcuts(Material(clean, facts, {}))["shortcuts"] == []
    assert shortcuts(Material(cohort_of(["a"] * 60), facts, {}))["shortcuts"] == []
