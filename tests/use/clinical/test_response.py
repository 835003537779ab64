"""Series by hand, on both sides of every threshold."""

from __future__ import annotations

import math

import pytest

from medgraft.errors import UsageError
from medgraft.use.clinical.response import RULES, rule_named

RECIST, VOLUME = RULES["recist"], RULES["volume"]


def words(rule, sums, new=None) -> list[str]:
    return [str(one) for one in rule.categories(sums, new or [False] * len(sums))]


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ([100.0, 100.0], "SD"),
        ([100.0, 70.0], "PR"),
        ([100.0, 70.01], "SD"),
        ([100.0, 69.0], "PR"),
        ([100.0, 0.0], "CR"),
        ([100.0, 119.99], "SD"),
        ([100.0, 120.0], "PD"),
        ([20.0, 24.9], "SD"),  # 24.5 % more, and less than 5 mm
        ([20.0, 25.0], "PD"),
        ([25.0, 30.0], "PD"),  # 20 % and 5 mm to the hair
        ([25.0, 29.99], "SD"),
        ([100.0, 50.0, 59.99], "PR"),  # from the smallest: 19.98 % more
        ([100.0, 50.0, 60.0], "PD"),  # and still 40 % below the first
        ([100.0, 130.0, 100.0], "SD"),
        ([100.0, 0.0, 1.0], "PD"),  # back after it was gone
        ([100.0, 0.0, 0.0], "CR"),
        ([100.0, None], "NE"),
        ([None, 40.0], "NE"),
        ([0.0, 40.0], "NE"),
        ([100.0, None, 70.0], "PR"),
        ([30.0, 0.7 * 30.0], "PR"),  # 21 as floating point has it
        ([0.1 + 0.2, 0.3 * 0.7], "PR"),
    ],
)
def test_recist(sums, expected):
    assert words(RECIST, sums)[-1] == expected


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ([10.0, 3.5], "PR"),
        ([10.0, 3.51], "SD"),
        ([10.0, 17.3], "PD"),
        ([10.0, 17.29], "SD"),
        ([10.0, 2.0, 3.46], "PD"),
        ([10.0, 2.0, 3.45], "PR"),
        ([10.0, 0.0], "CR"),
    ],
)
def test_volume(sums, expected):
    assert words(VOLUME, sums)[-1] == expected


def test_a_course():
    course = [80.0, 60.0, 50.0, 0.0, 0.0, 8.0]
    assert words(RECIST, course) == ["baseline", "SD", "PR", "CR", "CR", "PD"]


def test_a_new_lesion_is_progression_whatever_the_targets_do():
    assert words(RECIST, [100.0, 10.0, 0.0], [False, True, True]) == ["baseline", "PD", "PD"]
    assert words(RECIST, [0.0, 0.0], [False, True]) == ["baseline", "PD"]


def test_both_rules_are_the_same_for_balls():
    """A ball whose diameter falls by 30 % loses 65.7 % of its volume; one that grows by 20 % gains 72.8 %."""
    for diameter, expected in ((69.0, "PR"), (71.0, "SD"), (121.0, "PD"), (119.0, "SD")):
        volumes = [math.pi / 6 * d**3 / 1000 for d in (100.0, diameter)]
        assert words(RECIST, [100.0, diameter])[1] == words(VOLUME, volumes)[1] == expected


def test_thresholds_are_shown():
    told = " ".join(RECIST.sentences())
    for threshold in ("30 %", "20 %", "5 mm", "10 mm"):
        assert threshold in told
    assert "65 %" in " ".join(VOLUME.sentences()) and "73 %" in " ".join(VOLUME.sentences())
    assert RECIST.to_json()["progression_least"] == 5.0


def test_what_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="known: recist, volume"):
        rule_named("who")
    assert rule_named("volume") is VOLUME
    with pytest.raises(UsageError, match="2 sums and 1"):
        RECIST.categories([1.0, 2.0], [False])
