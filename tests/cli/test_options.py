"""Shared options become config flags."""

from __future__ import annotations

import pytest

from medgraft.cli.options import cohort_flags
from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import UsageError


def test_only_what_is_given_becomes_a_flag():
    assert cohort_flags({"table": None, "site_col": "hospital"}) == {"data.site_col": "hospital"}


def test_every_option_of_a_cohort_is_a_flag_and_nothing_else():
    named = dict.fromkeys(CohortOptions.model_fields, "a") | {
        "label_map": "a=b",
        "mask_values": "0=a",
        "seed": 3,
        "out": "run",
    }
    assert set(cohort_flags(named)) == {f"data.{name}" for name in CohortOptions.model_fields}


def test_orders():
    assert cohort_flags({"order": "low, high"}) == {"data.order": ["low", "high"]}


def test_label_maps():
    assert cohort_flags({"label_map": "a=b,c="}) == {"data.label_map": {"a": "b", "c": ""}}


def test_mask_values():
    assert cohort_flags({"mask_values": "0=membrane,*=background"}) == {
        "data.mask_values": {"0": "membrane", "*": "background"}
    }
    with pytest.raises(UsageError, match="--mask-values '255': A=B,C=D is needed, as in --mask-values 0=background"):
        cohort_flags({"mask_values": "255"})


@pytest.mark.parametrize("text", ["a", "=b", "a=b,c", ","])
def test_label_maps_that_are_none(text):
    with pytest.raises(UsageError, match="A=B,C=D is needed"):
        cohort_flags({"label_map": text})
