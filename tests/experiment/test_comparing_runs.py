"""Two runs: their own numbers, the difference beside an independent one, cases by name, refusals, and the size of the
verdict when a run meets itself."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import accuracy_score, roc_auc_score

from medgraft.errors import ArtifactError, CohortError, UsageError
from medgraft.experiment.comparing_runs import PairedAnswers, compare, decided
from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json, write_json


@pytest.fixture(scope="module")
def other(fitted, tmp_path_factory):
    """The same cohort, learnt in another way."""
    run = tmp_path_factory.mktemp("other") / "other"
    fit_run(fitted.cohort, run, flags={"strategy.kind": "ridge"}, home=fitted.home)
    return run


@pytest.fixture
def copy(fitted, tmp_path):
    """A run that may be changed."""
    shutil.copytree(fitted.run, tmp_path / "copy")
    return tmp_path / "copy"


def _rows(run, split="test"):
    rows = pd.read_parquet(run / "predictions.parquet")
    return rows[rows["split"] == split]


def _changed(run, change):
    """Put other rows into a run."""
    change(pd.read_parquet(run / "predictions.parquet")).to_parquet(run / "predictions.parquet", index=False)


def test_both_have_their_own_numbers(fitted, other):
    found = compare(fitted.run, other)
    for place, run in (("first", fitted.run), ("second", other)):
        metrics = read_json(run / "metrics.json")["test"]
        assert found.auroc[place] == pytest.approx(metrics["auroc"]["value"])
        assert found.accuracy[place] == pytest.approx(metrics["accuracy"]["value"])
    assert found.n == len(_rows(other))
    assert found.n_patients == _rows(other)["patient_id"].nunique()
    assert found.left_out == {"first": 0, "second": 0}
    assert found.auroc["difference"] == pytest.approx(found.auroc["first"] - found.auroc["second"])
    left, right = (_rows(run).set_index("case_id") for run in (fitted.run, other))
    right = right.loc[left.index]
    only = (left["y_pred"] == left["y_true"]) & (right["y_pred"] != right["y_true"])
    assert found.mcnemar["first_only"] == only.sum()
    json.dumps(found.to_json(), allow_nan=False)


def test_the_other_way_round_is_the_mirror(fitted, other):
    one, two = compare(fitted.run, other, split="cv"), compare(other, fitted.run, split="cv")
    assert one.auroc["difference"] == pytest.approx(-two.auroc["difference"])
    assert one.auroc["low"] == pytest.approx(-two.auroc["high"])
    assert one.mcnemar["p_value"] == pytest.approx(two.mcnemar["p_value"])


def test_of_cross_validation_the_mean_over_the_repeats_is_judged(fitted, other):
    found, threshold = compare(fitted.run, other, split="cv"), read_json(fitted.run / "metrics.json")["cv"]
    cases = _rows(fitted.run, "cv").groupby("case_id")
    chances, truth = cases["p_nodule"].mean(), cases["y_true"].first() == "nodule"
    assert found.n == len(truth)
    assert found.auroc["first"] == pytest.approx(roc_auc_score(truth, chances))
    called = chances >= threshold["accuracy"]["threshold"]
    assert found.accuracy["first"] == pytest.approx(accuracy_score(truth, called))


def test_a_run_beside_itself_is_no_different(fitted, copy):
    found = compare(fitted.run, copy)
    assert found.verdict == "no difference seen"
    assert (found.auroc["low"], found.auroc["difference"], found.auroc["high"]) == (0, 0, 0)
    assert (found.mcnemar["p_value"], found.mcnemar["p_asymptotic"]) == (1.0, None)
    value = found.auroc["first"]
    assert found.sentence.startswith(f"no difference seen: AUROC {value:.3f} against {value:.3f}, difference +0.000")


def test_cases_and_classes_are_joined_by_name(fitted, other, copy):
    """Rows in another order, classes in another order: the same numbers."""
    _changed(copy, lambda rows: rows.sample(frac=1.0, random_state=0))
    metrics = {name: part for name, part in read_json(copy / "metrics.json").items() if name != "format_version"}
    metrics["_meta"]["labels"] = metrics["_meta"]["labels"][::-1]
    write_json(copy / "metrics.json", metrics)
    found, expected = compare(other, copy), compare(other, fitted.run)
    assert found.auroc == expected.auroc
    assert found.mcnemar == expected.mcnemar


def test_a_difference_is_named(fitted, copy):
    """Answers that are all wrong lose against ones that are mostly right."""

    def spoil(rows):
        inside = rows["y_true"] == "nodule"
        rows["p_nodule"] = np.where(inside, 0.01, 0.9) + np.arange(len(rows)) / 1e4
        return rows.assign(p_clear=1 - rows["p_nodule"], y_pred=np.where(inside, "clear", "nodule"))

    _changed(copy, spoil)
    found = compare(fitted.run, copy, split="cv")
    assert found.verdict == "the first is better"
    assert found.sentence.startswith(f"{fitted.run.name} is better: AUROC")
    assert found.mcnemar["p_value"] < 0.01
    assert compare(copy, fitted.run, split="cv").verdict == "the second is better"


def test_other_cases_are_counted_and_the_common_ones_can_be_taken(fitted, other, copy):
    gone = _rows(copy)["case_id"].iloc[:2].tolist()
    _changed(copy, lambda rows: rows[~rows["case_id"].isin(gone)])
    with pytest.raises(CohortError, match=rf"has {len(_rows(other))} cases.* {len(_rows(copy))} in common"):
        compare(other, copy)
    found = compare(other, copy, common=True)
    assert (found.n, found.left_out) == (len(_rows(copy)), {"first": 2, "second": 0})
    assert "left out: 2 cases that only other has, 0 that only copy has" in found.warnings
    _changed(copy, lambda rows: rows.assign(case_id=rows["case_id"] + "x"))
    with pytest.raises(CohortError, match="none in common"):
        compare(other, copy, common=True)


def test_one_class_is_judged_by_accuracy(fitted, other, copy):
    _changed(copy, lambda rows: rows[rows["y_true"] == "nodule"])
    found = compare(other, copy, common=True)
    assert found.auroc is None
    assert "accuracy" in found.sentence
    json.dumps(found.to_json(), allow_nan=False)


def test_what_cannot_be_compared_is_refused(fitted, copy, tmp_path):
    with pytest.raises(ArtifactError, match=r"no metrics\.json"):
        compare(fitted.run, tmp_path)
    for split, words in (("train", "better memory"), ("loso", "one scale"), ("tset", "did you mean 'test'")):
        with pytest.raises(UsageError, match=words):
            compare(fitted.run, copy, split=split)
    _changed(copy, lambda rows: rows.assign(y_true=np.where(rows["split"] == "test", "clear", rows["y_true"])))
    with pytest.raises(CohortError, match="have another label"):
        compare(fitted.run, copy)
    metrics = {name: part for name, part in read_json(copy / "metrics.json").items() if name != "format_version"}
    for meta, error, words in (
        ({"labels": ["clear", "mass"]}, ArtifactError, "do not fit together"),
        ({"task": "multi-label"}, UsageError, "each has several"),
    ):
        write_json(copy / "metrics.json", metrics | {"_meta": metrics["_meta"] | meta})
        with pytest.raises(error, match=words):
            compare(fitted.run, copy)
    write_json(copy / "metrics.json", metrics | {"_meta": metrics["_meta"] | {"labels": ["clear", "mass"]}})
    _changed(copy, lambda rows: rows.rename(columns={"p_nodule": "p_mass"}))
    with pytest.raises(CohortError, match="runs of the same question"):
        compare(fitted.run, copy)


def _itself(random: np.random.Generator, patients: int, most: int) -> PairedAnswers:
    """A run and itself with a little noise, swapped for half of the patients: there is no difference to be seen."""
    groups = np.repeat(np.arange(patients), random.integers(1, most + 1, patients))
    ill, swapped = random.random(patients) < 0.4, (random.random(patients) < 0.5)[groups]
    truth = ill[groups].astype(np.intp)
    odds = 1.2 * truth - 0.6 + random.normal(size=patients)[groups] + 0.5 * random.normal(size=len(groups))
    both = np.stack([odds, odds + 0.7 * random.normal(size=len(groups))])
    both = np.where(swapped, both[::-1], both)
    chances = [np.stack([1 - expit(one), expit(one)], axis=1) for one in both]
    called = tuple((one > 0).astype(np.intp) for one in both)
    return PairedAnswers(truth, (chances[0], chances[1]), (called[0], called[1]), 1, groups)


def _no_difference(draws: int, patients: int, most: int) -> float:
    random = np.random.default_rng(patients)
    pairs = (_itself(random, patients, most) for _ in range(draws))
    verdicts = [decided(pair.auroc(0), pair.accuracy(0))[2] for pair in pairs]
    return float(np.mean([verdict == "no difference seen" for verdict in verdicts]))


def test_a_run_against_itself_under_resampling() -> None:
    assert _no_difference(300, 120, 1) >= 0.92
    assert _no_difference(30, 60, 3) >= 0.83


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "most"), [(100, 1), (300, 1), (60, 4), (150, 4)])
def test_a_run_against_itself_under_resampling_at_length(patients: int, most: int) -> None:
    assert _no_difference(1000, patients, most) >= 0.93
