"""Splits: made without leaks, or kept and mended; never a change of the test set."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.split import Split, make_split
from medgraft.errors import CohortError, LeakageError


def _cohort(
    labels: list[str], patients: list[str | None] | None = None, splits: list[str | None] | None = None
) -> Cohort:
    n = len(labels)
    table = pd.DataFrame(
        {
            "case_id": [f"{i:04d}" for i in range(n)],
            "patient_id": pd.Series(patients or [None] * n, dtype=object),
            "label": labels,
            "split": pd.Series(splits or [None] * n, dtype=object),
        }
    )
    return Cohort(table, tuple(sorted(set(labels))), "made", "made")


def _rows(split: Split, part: str) -> list[int]:
    return [int(case) for case in getattr(split, part)]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.integers(12, 60), st.booleans())
def test_made_splits_place_every_case_and_part_no_group(seed: int, patients: int, need_val: bool) -> None:
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(patients), rng.integers(1, 5, patients)).astype(np.int64)
    labels = [("a", "b")[group % 2] for group in groups]
    cohort = _cohort(labels, [f"p{group}" for group in groups])
    split = make_split(cohort, groups, seed=seed, need_val=need_val)
    assert sorted(split.train + split.val + split.test) == list(cohort.table["case_id"])
    assert bool(split.val) == need_val
    owners = [{int(groups[row]) for row in _rows(split, part)} for part in ("train", "val", "test")]
    assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])
    assert split == make_split(cohort, groups, seed=seed, need_val=need_val)
    for part in ("train", "test"):
        assert {labels[row] for row in _rows(split, part)} == {"a", "b"}
    assert not split.given
    assert not split.leaking


def test_json_round_trip() -> None:
    cohort = _cohort(["a", "b"] * 20, splits=(["train"] * 20 + ["test"] * 20))
    groups = np.arange(40)
    groups[0] = groups[39]
    split = make_split(cohort, groups, seed=3, need_val=False)
    content = json.loads(json.dumps(split.to_json()))
    assert content["dropped"] == [{"case": "0000", "from": "train", "reason": "duplicate of a test case"}]
    assert Split.from_json(content) == split


def test_given_leaks_are_dropped_from_the_earlier_part() -> None:
    labels = ["a", "b"] * 15
    splits: list[str | None] = ["train"] * 20 + ["val"] * 4 + ["test"] * 6
    patients: list[str | None] = [f"p{i}" for i in range(30)]
    patients[3] = patients[25]  # train and test
    patients[21] = patients[26]  # val and test
    groups = np.unique(patients, return_inverse=True)[1].astype(np.int64)
    groups[5] = groups[22]  # a duplicate in train and val
    split = make_split(_cohort(labels, patients, splits), groups, seed=0)
    assert [(d.case, d.part, d.reason) for d in split.dropped] == [
        ("0003", "train", "patient is in test"),
        ("0005", "train", "duplicate of a val case"),
        ("0021", "val", "patient is in test"),
    ]
    assert _rows(split, "test") == list(range(24, 30))
    assert _rows(split, "val") == [20, 22, 23]
    assert split.given
    assert not split.leaking
    kept = make_split(_cohort(labels, patients, splits), groups, seed=0, on_leak="keep")
    assert kept.leaking
    assert not kept.dropped
    with pytest.raises(LeakageError, match=r"2 cases of patients and 1 duplicates.*--on-leak"):
        make_split(_cohort(labels, patients, splits), groups, seed=0, on_leak="error")


def test_losing_a_fifth_of_training_is_refused() -> None:
    labels = ["a", "b"] * 10
    splits: list[str | None] = ["train"] * 10 + ["test"] * 10
    groups = np.arange(20)
    groups[:3] = groups[10:13]
    with pytest.raises(LeakageError, match=r"3 of 10 training cases \(30%"):
        make_split(_cohort(labels, None, splits), groups, seed=0, need_val=False)


def test_val_is_carved_from_train_by_group() -> None:
    labels = ["a", "b"] * 50
    splits: list[str | None] = ["train"] * 80 + ["test"] * 20
    groups = np.arange(100) // 4
    split = make_split(_cohort(labels, None, splits), groups, seed=0)
    assert len(split.val) == 16
    assert _rows(split, "test") == list(range(80, 100))
    assert not {groups[row] for row in _rows(split, "val")} & {groups[row] for row in _rows(split, "train")}
    assert "no val" in split.notes[0]


@pytest.mark.parametrize(
    ("labels", "splits", "message"),
    [
        ("abab", ["train", "train", "val", "val"], "has no test cases"),
        ("abab", ["test", "test", "test", "test"], "has no train cases"),
        ("abab", ["train", "train", "test", None], "1 of 4 cases have no part"),
        ("aaab", ["train", "train", "train", "test"], "train has no case of the class 'b'"),
        ("aaaa", ["train", "train", "test", "test"], "one class only"),
        ("aaaa", [None] * 4, "one class only, 'a'"),
        ("aaab", [None] * 4, "the class 'b' has 1 case of one patient"),
    ],
)
def test_what_cannot_be_split_is_said(labels: str, splits: list[str | None], message: str) -> None:
    with pytest.raises(CohortError, match=message):
        make_split(_cohort(list(labels), None, splits), np.arange(4), seed=0, need_val=False)


def test_fractions_must_sum_to_one() -> None:
    with pytest.raises(CohortError, match=r"fractions are 0\.5, 0\.1, 0\.1"):
        make_split(_cohort(["a", "b"] * 9), np.arange(18), seed=0, fractions=(0.5, 0.1, 0.1))
