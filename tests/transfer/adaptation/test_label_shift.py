"""EM finds planted shares, and the answers are weighed by them as Bayes says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.transfer.adaptation.adaptation import TargetCases
from medgraft.transfer.adaptation.label_shift import LabelShift, LabelShiftConfig, em_prior


def calibrated(count, prior, share, seed=0):
    """True posteriors under ``prior`` of three normal classes, for cases that come in the shares ``share``."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, size=count, p=share)
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    rows = centres[labels] + rng.normal(size=(count, 2))
    density = np.exp(-0.5 * np.square(rows[:, None] - centres[None]).sum(axis=2)) * prior
    return density / density.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("share", [[0.8, 0.15, 0.05], [1 / 3, 1 / 3, 1 / 3], [0.1, 0.1, 0.8]])
def test_planted_shares_are_found(share):
    prior = np.array([0.2, 0.5, 0.3])
    probability, _ = calibrated(4000, prior, share)
    np.testing.assert_allclose(em_prior(probability, prior), share, atol=0.03)


def test_it_is_the_most_likely_share():
    """The likelihood of the shares is concave; EM ends at its maximum (two classes, looked for on a grid)."""
    rng = np.random.default_rng(1)
    positive = rng.beta(0.7, 1.5, size=300)
    probability, prior = np.column_stack([1 - positive, positive]), np.array([0.6, 0.4])
    grid = np.linspace(0.001, 0.999, 999)
    likelihood = [np.log(probability @ (np.array([1 - q, q]) / prior)).sum() for q in grid]
    assert em_prior(probability, prior)[1] == pytest.approx(grid[int(np.argmax(likelihood))], abs=2e-3)


def test_known_labels_count_as_what_they_are():
    prior = np.array([0.5, 0.5])
    target = TargetCases(np.zeros((40, 1), np.float32), np.arange(40), np.where(np.arange(40) < 20, 1, -1))
    told = em_prior(np.full((40, 2), 0.5), prior, target)
    np.testing.assert_allclose(told, [0.0, 1.0], atol=1e-3)
    np.testing.assert_allclose(em_prior(np.full((40, 2), 0.5), prior), prior)


def test_answers_are_weighed_as_bayes_says(toys):
    pair = toys("other-shares", 0).pair
    done = LabelShift(LabelShiftConfig()).adapt(pair)
    ratio = np.array(done.facts["target_prior"]) / np.array(done.facts["source_prior"])
    wanted = pair.before * ratio
    np.testing.assert_allclose(done.probability, wanted / wanted.sum(axis=1, keepdims=True), rtol=1e-6)
    assert done.facts["target_prior"][1] == pytest.approx(0.1, abs=0.06)


def test_the_prior_of_a_source_that_did_not_travel_is_told(toys):
    pair = toys("other-shares", 0).pair
    with_source = LabelShift(LabelShiftConfig()).adapt(pair)
    without = LabelShift(LabelShiftConfig()).adapt(replace(pair, source=None, prior=pair.source_prior))
    np.testing.assert_array_equal(with_source.probability, without.probability)


def test_it_helps_where_shares_differ(gains):
    before, after = gains("label-shift", "other-shares").T
    assert (after > before).all()
