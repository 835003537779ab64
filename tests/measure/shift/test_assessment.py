"""The one answer: the level over random halves, power on strong shifts, label shift is called label shift."""

from __future__ import annotations

import time

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.assessment import MOST_CASES, Evidence, assess
from medgraft.measure.shift.sides import Sides


def test_random_halves_of_one_set_are_rarely_called_different() -> None:
    """At most 10 of 100, patients apart; clustered pictures, features with long tails."""
    random = np.random.default_rng(0)
    centres = random.standard_t(4, size=(60, 12))
    groups = np.repeat(np.arange(60), 2)
    features = centres[groups] + 0.5 * random.normal(size=(120, 12))
    called = 0
    for seed in range(100):
        second = np.isin(groups, np.random.default_rng(seed).permutation(60)[:30])
        sides = Sides.of(
            features[~second], features[second], source_groups=groups[~second], target_groups=groups[second]
        )
        found = assess(Evidence(sides), draws=99, seed=seed)
        called += found.shifted
        assert found.kind == ("unknown" if found.shifted else "none")
    assert called <= 10


def test_strong_shifts_are_found() -> None:
    found = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        first, second = random.normal(size=(60, 12)), random.normal(size=(60, 12))
        second = 0.5 * second if seed % 2 else second + np.eye(12)[seed % 12] * 1.5
        found += assess(Evidence(Sides.of(first, second)), draws=99, seed=seed).shifted
    assert found == 20


@pytest.mark.parametrize("seed", range(3))
def test_what_differs_is_told(world, seed: int) -> None:
    for share, moved, kind in ((0.8, 0.0, "labels"), (0.5, 1.0, "pictures"), (0.8, 1.0, "pictures")):
        made = world(seed, share=share, moved=moved)
        found = assess(Evidence(made.sides, made.answers), draws=199, seed=seed)
        assert (found.shifted, found.kind) == (True, kind)
        assert found.label_shift is not None
        if kind == "labels":
            assert found.label_shift.em.low[1] <= 0.8 <= found.label_shift.em.high[1]
            assert found.residual_p_value > 0.05
    same = assess(Evidence(world(seed).sides), draws=199, seed=seed)
    assert same.expected_accuracy is None


def test_the_rest_by_name(world) -> None:
    made = world(1, n=200, m=150, moved=3.0)
    brightness = np.where(made.sides.is_target, 0.8, 0.2) + 0.01 * np.arange(350) / 350
    tilted = Answers.of(made.answers.source[:, ::-1], made.answers.labels, made.answers.target[:, ::-1])
    found = assess(Evidence(made.sides, made.answers, tilted, {"brightness": brightness}), draws=99)
    assert found.aspects[0].clear
    assert found.frechet > 5 * found.frechet_within > 0
    assert found.classifier.proxy_a_distance > 1
    assert found.mmd.p_value == pytest.approx(0.01)
    places, scores = zip(*found.differing, strict=True)
    assert len(set(places)) == len(places) == 24
    assert max(places) < 150
    assert list(scores) == sorted(scores, reverse=True)
    assert found.expected_accuracy.source.value == pytest.approx(tilted.correct.mean())
    assert (found.n, found.m) == (200, 150)
    assert (found.kind, found.overlaps, found.accuracy_trusted) == ("pictures", False, False)
    same = assess(Evidence(world(2).sides, world(2).answers), draws=99)
    assert (same.overlaps, same.accuracy_trusted) == (True, True)


def test_large_cohorts_are_sampled_and_the_places_are_those_of_the_whole() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(MOST_CASES + 200, 3)), random.normal(size=(MOST_CASES + 100, 3))
    second[-40:, 0] += 30
    began = time.perf_counter()
    found = assess(Evidence(Sides.of(first, second)), draws=49)
    assert (found.n, found.m) == (MOST_CASES, MOST_CASES)
    assert {place for place, _ in found.differing} <= set(range(MOST_CASES + 60, MOST_CASES + 100))
    assert time.perf_counter() - began < 60


def test_answers_for_other_cases_are_refused(world) -> None:
    made, other = world(0, n=50, m=40), world(0, n=50, m=41)
    with pytest.raises(UsageError, match="same cases in the same order"):
        assess(Evidence(made.sides, other.answers))
