from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.use.report.wording import (
    UNKNOWN,
    clip,
    count,
    counted,
    decimal,
    estimate_text,
    few_events,
    interval,
    listing,
    percent,
    seconds,
    split_name,
)


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, "0.5", True])
def test_unknown_is_a_dash_and_never_zero(unknown):
    assert decimal(unknown) == percent(unknown) == count(unknown) == seconds(unknown) == UNKNOWN


def test_numbers():
    assert decimal(0.91249) == "0.912" and decimal(-0.5) == "−0.500"
    assert percent(0.846) == "84.6 %" and percent(1, 0) == "100 %"
    assert count(12345) == "12\u202f345"
    assert counted(1, "case") == "1 case" and counted(2, "class", "classes") == "2 classes"
    assert [seconds(s) for s in (0.42, 12.4, 200)] == ["0.4 s", "12 s", "3 min 20 s"]


def test_intervals():
    assert interval({"value": 0.9, "low": 0.8, "high": 0.95}) == "0.800 to 0.950"
    assert interval({"value": 0.9, "low": None, "high": None}) == interval(None) == ""
    assert estimate_text({"value": 0.9, "low": 0.8, "high": 0.95}) == "0.900 (95 % interval 0.800 to 0.950)"
    assert estimate_text(None) == UNKNOWN


def test_lists_and_names():
    assert listing(["a"]) == "a" and listing([]) == "" and listing("abc") == "a, b and c"
    assert listing("abcd", most=2) == "a, b and 2 more" and listing("ab", last="or") == "a or b"
    assert split_name("cv") == "Cross-validation" and split_name("external:clinic b") == "External: clinic b"


@given(st.text(), st.integers(2, 50))
@settings(deadline=None, max_examples=60)
def test_clip_gives_one_short_line(text, length):
    assert len(clip(text, length)) <= length
    assert len(clip(text, length).splitlines()) <= 1


def test_few_events_are_marked():
    entry = {"value": 0.9, "low": 0.6, "high": 0.98, "events": 9}
    assert interval(entry) == "0.600 to 0.980, few events"
    assert estimate_text(entry) == "0.900 (95 % interval 0.600 to 0.980, few events)"
    assert interval(entry | {"events": 10}) == "0.600 to 0.980"
    assert few_events(None) == ""
