"""Giving the source another mixture: counts by hand, label shift is explained by it, a shift of pictures is not."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.shift.label_shift import estimate_label_shift
from medgraft.measure.shift.residual import likely_mixtures, remixed, residual_p_value


def test_as_many_as_there_can_be_in_the_mixture_asked_for() -> None:
    labels, random = np.repeat([0, 1, 2], [50, 50, 10]), np.random.default_rng(0)

    def counts(*mixture: float) -> list[int]:
        return np.bincount(labels[remixed(labels, np.array(mixture), random)], minlength=3).tolist()

    assert counts(0.2, 0.8, 0.0) == [12, 50, 0]
    assert counts(1 / 3, 1 / 3, 1 / 3) == [10, 10, 10]
    assert counts(0.0, 1.0, 0.0) == [0, 50, 0]
    assert counts(50 / 110, 50 / 110, 10 / 110) == [50, 50, 10]
    missing = np.zeros(20, int)
    assert len(remixed(missing, np.array([0.5, 0.5]), random)) == 20
    assert len(remixed(missing, np.array([0.0, 1.0]), random)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_label_shift_is_explained_and_another_mixture_does_not_explain_pictures(world, seed: int) -> None:
    made = world(seed, share=0.8)
    mixtures = likely_mixtures(estimate_label_shift(made.answers, seed=seed), seed)
    assert residual_p_value(made.sides, made.answers.labels, mixtures, seed=seed) > 0.05
    wrong = np.array([[0.7], [0.3]])
    assert residual_p_value(made.sides, made.answers.labels, wrong, seed=seed) <= 0.05
    moved = world(seed, share=0.8, moved=1.0)
    mixtures = likely_mixtures(estimate_label_shift(moved.answers, seed=seed), seed)
    assert residual_p_value(moved.sides, moved.answers.labels, mixtures, seed=seed) <= 0.05


def test_the_true_mixture_keeps_the_level(world) -> None:
    mixture = np.array([[0.25], [0.75]])
    small = 0
    for seed in range(40):
        made = world(seed, n=80, m=60, share=0.75)
        small += residual_p_value(made.sides, made.answers.labels, mixture, draws=99, seed=seed) <= 0.05
    assert small <= 7


def test_too_few_of_what_the_target_has_cannot_be_told(world) -> None:
    made = world(0, n=40, m=40)
    labels = (np.arange(40) < 3).astype(int)
    assert residual_p_value(made.sides, labels, np.array([[0.0], [1.0]])) is None


def test_mixtures_that_are_tried_begin_with_the_best_estimate(world) -> None:
    found = estimate_label_shift(world(0, share=0.8).answers, replicates=50)
    tried = likely_mixtures(found)
    assert tried[:, 0] == pytest.approx(found.em.value)
    assert tried[:, -1] == pytest.approx(found.bbse.value)
    assert tried.sum(axis=0) == pytest.approx(1.0)
    assert tried.shape == (2, 10)
