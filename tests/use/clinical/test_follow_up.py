"""Balls that grow, shrink, come and go, on grids that differ from study to study."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.use.clinical.follow_up import STATEMENT, Study, follow_up, follow_up_rows
from medgraft.use.clinical.response import RULES
from medgraft.use.prediction.segmented import Segmented

NAMES = {1: "tumour", 2: "node"}
SPACING = (2.0, 1.0, 1.0)
SHAPE = (40, 90, 90)


@pytest.fixture
def study(ball, oblique):
    def make(day: int, *balls: tuple[int, tuple[float, float, float], float], spacing=SPACING) -> Study:
        shape = [round(n * old / new) for n, old, new in zip(SHAPE, SPACING, spacing, strict=True)]
        labels = np.zeros(shape, np.uint8)
        for number, centre, radius in balls:
            labels[ball(shape, spacing, centre, radius)] = number
        return Study(day, Segmented(labels, spacing, oblique(spacing, angle=0.1), NAMES))

    return make


A, B, C = (25.0, 25.0, 25.0), (55.0, 60.0, 60.0), (20.0, 65.0, 20.0)


def categories(content) -> list[str]:
    return [row["response"] for row in content["overall"]]


def test_a_ball_that_shrinks_and_grows(study):
    radii = (15.0, 12.0, 9.0, 12.0)
    studies = [study(90 * n, (1, A, radius)) for n, radius in enumerate(radii)]
    content = follow_up(studies, RULES["recist"], relative_sd={"tumour": 0.05})
    assert content["days"] == [0, 90, 180, 270]
    assert categories(content) == ["baseline", "SD", "PR", "PD"]
    tumour, node = content["structures"]
    for row, radius in zip(tumour["measurements"], radii, strict=True):
        assert row["volume_ml"] == pytest.approx(4 / 3 * math.pi * radius**3 / 1000, rel=0.03)
        assert row["diameter_mm"] == pytest.approx(2 * radius, abs=1.1)
        assert row["size_change_percent"] == pytest.approx(100 * ((radius / 15) ** 3 - 1), abs=4)
        assert row["size_error_percent"] == pytest.approx(100 * 1.96 * math.sqrt(2) * 0.05, abs=0.01)
    assert [row["beyond_error"] for row in tumour["measurements"]] == [None, True, True, True]
    assert [row["response"] for row in node["measurements"]] == ["baseline", "NE", "NE", "NE"]
    assert node["measurements"][0]["volume_ml"] == 0.0
    assert content["overall"][3]["change_from_smallest_percent"] == pytest.approx(100 / 3, abs=6)


def test_the_volumetric_rule(study):
    """0.7³ of the volume is 65.7 % less."""
    studies = [study(0, (1, A, 20.0)), study(30, (1, A, 13.8)), study(60, (1, A, 17.0))]
    content = follow_up(studies, RULES["volume"])
    assert categories(content) == ["baseline", "PR", "PD"]
    assert content["rule"]["name"] == "volume" and content["rule"]["partial_percent"] == -65.0
    assert content["overall"][0]["target_sum"] == pytest.approx(33.5, rel=0.02)


def test_what_is_within_the_error_is_said_to_be(study):
    studies = [study(0, (1, A, 15.0)), study(30, (1, A, 15.6))]
    told = follow_up(studies, RULES["recist"], relative_sd={"tumour": 0.08})["structures"][0]["measurements"][1]
    assert 0 < told["size_change_percent"] < told["size_error_percent"] and told["beyond_error"] is False
    unknown = follow_up(studies, RULES["recist"])
    row = unknown["structures"][0]["measurements"][1]
    assert row["beyond_error"] is None and row["size_error_percent"] is None
    assert any("error unknown for tumour, node" in note for note in unknown["notes"])


def test_another_grid_changes_nothing(study):
    same = [study(0, (1, A, 12.0), (1, B, 8.0)), study(50, (1, A, 9.0), (1, B, 8.0))]
    fine = [same[0], study(50, (1, A, 9.0), (1, B, 8.0), spacing=(1.0, 1.0, 1.5))]
    one, other = (follow_up(studies, RULES["recist"]) for studies in (same, fine))
    assert categories(one) == categories(other) == ["baseline", "SD"]
    lesions = other["structures"][0]["lesions"]
    assert len(lesions) == 2 and all(seen["parts"] == 1 for lesion in lesions for seen in lesion["seen"])
    changed = [lesion["seen"][1]["diameter_mm"] - lesion["seen"][0]["diameter_mm"] for lesion in lesions]
    assert changed == pytest.approx([-6.0, 0.0], abs=1.6)


def test_a_new_lesion_is_progression(study):
    content = follow_up([study(0, (1, A, 12.0)), study(50, (1, A, 8.0), (2, B, 7.0))], RULES["recist"])
    assert categories(content) == ["baseline", "PD"]
    assert content["overall"][1]["new_lesion"]
    small = follow_up([study(0, (1, A, 12.0)), study(50, (1, A, 8.0), (2, B, 3.0))], RULES["recist"])
    assert categories(small) == ["baseline", "PR"], "one of less than 10 mm is listed, and does not count"
    assert len(small["structures"][1]["lesions"]) == 1


def test_gone_and_back(study):
    studies = [study(0, (1, A, 12.0)), study(50), study(99, (1, A, 4.0))]
    content = follow_up(studies, RULES["recist"])
    assert categories(content) == ["baseline", "CR", "PD"]
    assert len(content["structures"][0]["lesions"]) == 1


def test_targets_are_the_largest(study):
    """Three in one structure: the two largest; one of less than 10 mm is none."""
    first = study(0, (1, A, 8.0), (1, B, 12.0), (1, C, 10.0), (2, (60.0, 20.0, 70.0), 4.0))
    content = follow_up([first, Study(7, first.segmented)], RULES["recist"])
    tumour, node = content["structures"]
    chosen = [lesion["seen"][0]["diameter_mm"] for lesion in tumour["lesions"] if lesion["target"]]
    assert sorted(chosen) == pytest.approx([20.0, 24.0], abs=1.1)
    assert not node["lesions"][0]["target"]
    assert content["overall"][0]["target_sum"] == pytest.approx(44.0, abs=2.2)
    assert content["overall"][1]["change_percent"] == 0.0


def test_without_a_target_it_is_said_why_there_is_no_category(study):
    content = follow_up([study(0, (1, A, 4.0)), study(60, (1, A, 9.0))], RULES["recist"])
    assert categories(content) == ["baseline", "NE"]
    assert any("No lesion of the first study is 10 mm or more (the largest: " in note for note in content["notes"])


def test_parts_of_one_that_broke_up_are_added(study, ball):
    whole = study(0, (1, (40.0, 45.0, 45.0), 15.0))
    labels = whole.segmented.labels.copy()
    labels[:, :, 43:48] = 0
    broken = Study(30, Segmented(labels, SPACING, whole.segmented.affine, NAMES))
    (lesion,) = follow_up([whole, broken], RULES["recist"])["structures"][0]["lesions"]
    assert lesion["seen"][1]["parts"] == 2
    half = 2 * math.sqrt(15**2 - 2.5**2)
    assert lesion["seen"][1]["diameter_mm"] == pytest.approx(2 * half, abs=2.5)


def test_flat_pictures(ball):
    def flat(day: int, radius: float, spacing) -> Study:
        labels = ball((80, 80), (0.5, 0.5), (20.0, 20.0), radius).astype(np.uint8)
        return Study(day, Segmented(labels, spacing, None, {1: "a"}))

    content = follow_up([flat(0, 10.0, (0.5, 0.5)), flat(10, 6.0, (0.5, 0.5))], RULES["recist"], relative_sd={"a": 0.1})
    row = content["structures"][0]["measurements"][1]
    assert categories(content) == ["baseline", "PR"]
    assert row["area_mm2"] == pytest.approx(math.pi * 36, rel=0.03) and row["volume_ml"] is None
    assert row["beyond_error"] is True
    assert categories(follow_up([flat(0, 10.0, (0.5, 0.5)), flat(10, 6.0, (0.5, 0.5))], RULES["volume"])) == [
        "baseline",
        "NE",
    ]
    unknown = follow_up([flat(0, 10.0, None), flat(10, 6.0, None)], RULES["recist"])
    assert categories(unknown) == ["baseline", "NE"]
    assert any("spacing" in note for note in unknown["notes"])
    assert unknown["structures"][0]["measurements"][1]["size_change_percent"] == pytest.approx(-64, abs=2)


def test_it_is_plain_data_with_a_statement(study):
    content = follow_up([study(0, (1, A, 12.0)), study(50, (1, A, 8.0))], RULES["recist"])
    assert content["statement"] == STATEMENT and "not advice" in STATEMENT
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    rows = follow_up_rows(content)
    assert len(rows) == 2 * 2 + 2
    assert [row["structure"] for row in rows if row["lesion"] == 1] == ["tumour", "tumour"]


def test_what_does_not_fit_is_refused(study):
    first = study(0, (1, A, 12.0))
    with pytest.raises(UsageError, match="two at least"):
        follow_up([first], RULES["recist"])
    for days in ((0, 20, 10), (1, 2)):
        with pytest.raises(UsageError, match="from 0 on"):
            follow_up([Study(day, first.segmented) for day in days], RULES["recist"])
    other = Segmented(first.segmented.labels, SPACING, None, {1: "tumour", 2: "lymph"})
    with pytest.raises(DataError, match="other structures"):
        follow_up([first, Study(9, other)], RULES["recist"])
    flat = Segmented(first.segmented.labels[0], SPACING[1:], None, NAMES)
    with pytest.raises(DataError, match="2-D"):
        follow_up([first, Study(9, flat)], RULES["recist"])
