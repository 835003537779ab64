"""Subgroups: counts by hand, numbers equal to those of the group alone, the price of many comparisons."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.evaluation import evaluate
from medgraft.measure.holm import holm
from medgraft.measure.subgroups import Answered, group_sizes, subgroups

LABELS = ("benign", "malignant")


def answered(cases=240, worse=None, seed=0, patients=True):
    """AUROC 0.86, and no better than chance where ``worse``."""
    rng = np.random.default_rng(seed)
    truth = (np.arange(cases) // 2 % 2).astype(np.int64)
    strength = np.full(cases, 1.5) if worse is None else np.where(worse, 0.0, 1.5)
    chance = 1 / (1 + np.exp(-(strength * (2 * truth - 1) * 0.5 + rng.normal(size=cases) * 0.7)))
    chances = np.stack([1 - chance, chance], axis=1)
    numbers = np.arange(cases) // 2 if patients else None
    return Answered(truth, chances, (chance >= 0.5).astype(np.int64), numbers, LABELS, "malignant", 0, 0.5, "cv")


def of(found, column, group):
    return next(
        row for row in next(c for c in found["columns"] if c["column"] == column)["groups"] if row["group"] == group
    )


def test_numbers_are_those_of_the_group_alone():
    given = answered()
    sex = np.where(np.arange(240) // 2 % 3 == 0, "f", "m")
    row = of(subgroups(given, {"sex": list(sex)}, replicates=100), "sex", "f")
    member = sex == "f"
    alone = evaluate(
        given.truth[member],
        given.chances[member],
        labels=LABELS,
        positive="malignant",
        groups=given.patients[member],
        majority=0,
        threshold=0.5,
        threshold_from="cv",
        replicates=100,
    )
    assert row["metrics"] == {name: alone[name] for name in row["metrics"]}
    assert (row["n"], row["n_patients"]) == (80, 40)
    assert row["few_events"] == []


def test_a_group_that_is_worse_is_found_and_named_alone():
    site = np.array(["a", "b", "c"])[np.arange(240) // 2 % 3]
    found = subgroups(answered(worse=site == "b"), {"site": list(site)}, replicates=100)
    ps = {group: of(found, "site", group)["differences"]["auroc"]["p_holm"] for group in "abc"}
    assert ps["b"] < 0.001
    assert of(found, "site", "b")["differences"]["auroc"]["difference"] < -0.2


def test_p_values_are_adjusted_over_all_columns_and_two_halves_count_once():
    rng = np.random.default_rng(3)
    columns = {
        "sex": list(rng.choice(["f", "m"], 120)[np.arange(240) // 2]),
        "site": list(rng.choice(["a", "b", "c"], 120)[np.arange(240) // 2]),
    }
    found = subgroups(answered(), columns, replicates=100)
    assert found["comparisons"] == 3 * (1 + 3)
    rows = [of(found, "sex", "f"), *(of(found, "site", group) for group in "abc")]
    told = [entry for row in rows for entry in row["differences"].values()]
    assert [entry["p_holm"] for entry in told] == holm([entry["p_value"] for entry in told])
    one, other = (of(found, "sex", group)["differences"]["sensitivity"] for group in "fm")
    assert one["p_holm"] == other["p_holm"]
    assert one["difference"] == pytest.approx(-other["difference"])


def test_where_nothing_differs_hardly_ever_one_of_many_is_named():
    """Family-wise error of four columns: at most one in twenty, and four standard errors of 40 draws."""
    rng = np.random.default_rng(4)
    named = 0
    for seed in range(40):
        columns = {f"c{k}": list(rng.choice(["x", "y", "z"], 60)[np.arange(120) // 2]) for k in range(2)}
        found = subgroups(answered(120, seed=seed), columns, replicates=2)
        named += any(
            (entry["p_holm"] or 1) < 0.05
            for column in found["columns"]
            for row in column["groups"]
            for entry in row["differences"].values()
        )
    assert named <= 7


def test_small_groups_are_not_shown_and_few_events_are_marked():
    group = np.array(["large"] * 216 + ["twelve"] * 16 + ["four"] * 8)
    column = subgroups(answered(), {"g": list(group)}, replicates=100)["columns"][0]
    assert [row["group"] for row in column["groups"]] == ["large", "twelve"]
    assert column["too_few"] == 1
    assert column["groups"][1]["few_events"] == ["benign", "malignant"]


def test_unknown_is_no_group_and_one_group_is_compared_with_nothing():
    cells = ["f"] * 120 + [None] * 120
    column = subgroups(answered(), {"sex": cells}, replicates=100)["columns"][0]
    assert (column["unknown"], column["alone"]) == (120, True)
    assert column["groups"][0]["differences"] == {}


def test_a_group_of_one_class_has_no_auroc_and_no_error():
    given = answered()
    column = subgroups(given, {"g": [LABELS[t] for t in given.truth]}, replicates=100)["columns"][0]
    assert np.isnan(column["groups"][0]["differences"]["auroc"]["difference"])


def test_bands_stand_in_their_order():
    group = np.array(["60 and over", "40 to under 60", "under 40", "9 to under 10"])[np.arange(240) // 2 % 4]
    column = subgroups(answered(), {"age": list(group)}, replicates=100)["columns"][0]
    assert [row["group"] for row in column["groups"]] == ["9 to under 10", "under 40", "40 to under 60", "60 and over"]


def test_more_classes():
    rng = np.random.default_rng(0)
    truth = np.arange(150) % 3
    chances = rng.dirichlet([1, 1, 1], 150) + np.eye(3)[truth] * 0.5
    chances /= chances.sum(axis=1, keepdims=True)
    given = Answered(truth, chances, chances.argmax(axis=1), None, ("a", "b", "c"), None, 0)
    row = subgroups(given, {"g": list(np.where(np.arange(150) < 70, "x", "y"))}, replicates=100)["columns"][0][
        "groups"
    ][0]
    assert set(row["differences"]) == {"auroc", "accuracy"}
    assert row["n_patients"] is None


def test_sizes_and_what_does_not_fit():
    assert group_sizes(np.array([True, True, False]), np.array([1, 1, 2])) == {"n": 2, "n_patients": 1}
    with pytest.raises(UsageError, match="3 cells, 240 cases"):
        subgroups(answered(), {"g": ["a"] * 3})
