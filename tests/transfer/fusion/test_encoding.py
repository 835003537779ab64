"""The encoding against numbers by hand: standard scores, shares, missing values, unknown groups."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.table import ClinicalRows
from medgraft.transfer.fusion.encoding import TableEncoder

COLUMNS = (Column("age", "number"), Column("sex", "category"))


def rows(age, sex):
    values = pd.DataFrame({"age": np.asarray(age, float), "sex": np.asarray(sex, object)})
    return ClinicalRows(COLUMNS, values, np.ones(len(values), bool), "patient")


TRAIN = rows([40, 50, 60, 70, np.nan, 55, 45, 65], ["f", "f", "f", "m", "m", "m", "m", "x"])
GROUPS = np.arange(8)


def test_numbers_are_standardised_and_missing_ones_are_the_mean_and_said():
    encoder = TableEncoder.of(TRAIN, GROUPS)
    assert encoder.names == ["age", "age missing", "sex = f", "sex = m"]
    encoded = encoder(TRAIN)
    known = np.array([40, 50, 60, 70, 55, 45, 65])
    np.testing.assert_allclose(encoded[[0, 1, 2, 3, 5, 6, 7], 0], (known - 55) / known.std())
    assert encoded[4, 0] == 0
    np.testing.assert_allclose(encoded[:, 1], (np.arange(8) == 4) * 2 - 2 / 8)


def test_groups_are_centred_and_rare_or_unknown_ones_say_nothing():
    encoder = TableEncoder.of(TRAIN, GROUPS)
    encoded = encoder(rows([55, 55, 55, 55], ["f", "m", "x", "never seen"]))[:, 2:]
    np.testing.assert_allclose(encoded[0], [2 * (1 - 3 / 7), -2 * 4 / 7])
    np.testing.assert_allclose(encoded[1], [-2 * 3 / 7, 2 * (1 - 4 / 7)])
    np.testing.assert_array_equal(encoded[2:], 0)
    assert encoder.columns[1].unknown(pd.Series(["f", "never seen", None])).tolist() == [False, True, False]


def test_a_group_of_two_patients_with_many_cases_is_rare():
    """What is kept goes into the bundle: two patients are too few, however many their pictures."""
    encoder = TableEncoder.of(rows([50.0] * 12, ["a"] * 6 + ["b"] * 6), np.repeat([0, 1, 2, 3, 4], [2, 2, 2, 3, 3]))
    assert list(encoder.columns[1].groups) == ["a"]


def test_a_slip_of_the_pen_is_cut():
    assert TableEncoder.of(TRAIN, GROUPS)(rows([5000], ["f"]))[0, 0] == 5


@pytest.mark.parametrize("age", [[50.0] * 8, [np.nan] * 8])
def test_a_column_that_says_nothing_is_zero(age):
    encoder = TableEncoder.of(rows(age, ["f"] * 8), GROUPS)
    np.testing.assert_array_equal(encoder(TRAIN)[:, 0], 0)


def test_it_comes_back_from_json():
    encoder = TableEncoder.of(TRAIN, GROUPS)
    again = TableEncoder.restore(json.loads(json.dumps(encoder.to_json())))
    np.testing.assert_array_equal(again(TRAIN), encoder(TRAIN))
