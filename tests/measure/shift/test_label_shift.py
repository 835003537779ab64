"""The target's shares against the equations, a grid of likelihoods, and worlds where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.label_shift import bbse_shares, em_shares, estimate_label_shift


def _ones(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    return np.ones((len(answers.source), 1)), np.ones((len(answers.target), 1))


def test_em_is_at_the_top_of_the_likelihood(world) -> None:
    answers = world(0, share=0.8).answers
    found = em_shares(answers, *_ones(answers))[:, 0]
    prior = np.bincount(answers.labels) / len(answers.labels)
    grid = np.linspace(0.001, 0.999, 999)
    ratio = answers.target / prior
    likelihood = [np.log(ratio @ [1 - share, share]).sum() for share in grid]
    assert found[1] == pytest.approx(grid[int(np.argmax(likelihood))], abs=0.0011)


def test_bbse_solves_its_equations() -> None:
    """A model that errs in a known way: 9 of 10 and 3 of 4 right, and a target of which 60 % are called 1."""
    source = np.eye(2)[[0] * 9 + [1] + [1] * 3 + [0]]
    labels = np.array([0] * 10 + [1] * 4)
    target = np.eye(2)[[1] * 6 + [0] * 4]
    answers = Answers.of(source, labels, target)
    found = bbse_shares(answers, *_ones(answers))[:, 0]
    assert found[1] == pytest.approx((0.6 - 0.1) / (0.75 - 0.1))
    beyond = Answers.of(source, labels, np.eye(2)[[1] * 10])
    assert bbse_shares(beyond, *_ones(beyond))[:, 0] == pytest.approx([0.0, 1.0])


def test_case_weights_are_copies_of_cases(world) -> None:
    answers = world(3, n=60, m=50, share=0.7).answers
    random = np.random.default_rng(0)
    counts = random.integers(0, 3, 60), random.integers(0, 3, 50)
    copied = Answers.of(
        np.repeat(answers.source, counts[0], axis=0),
        np.repeat(answers.labels, counts[0]),
        np.repeat(answers.target, counts[1], axis=0),
    )
    weights = [count[:, None].astype(float) for count in counts]
    for shares in (em_shares, bbse_shares):
        assert shares(answers, *weights) == pytest.approx(shares(copied, *_ones(copied)), abs=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_intervals_hold_the_truth(world, temperature: float) -> None:
    """95 % of worlds, for both ways, also where the model is too sure of itself."""
    held = {"em": 0, "bbse": 0}
    for seed in range(40):
        made = world(seed, n=200, m=200, share=0.8, temperature=temperature)
        found = estimate_label_shift(made.answers, replicates=100, seed=seed)
        for name in held:
            shares = getattr(found, name)
            held[name] += bool(shares.low[1] <= made.truth.mean() <= shares.high[1])
        assert found.differs
    assert min(held.values()) >= 34


def test_no_difference_is_rarely_found_where_there_is_none(world) -> None:
    found = [estimate_label_shift(world(seed, n=200, m=200).answers, replicates=100) for seed in range(40)]
    assert sum(one.differs for one in found) <= 6
    assert found[0].source.tolist() == [0.5, 0.5]


def test_three_classes_one_of_which_the_source_has_not() -> None:
    random = np.random.default_rng(0)
    labels, truth = np.arange(200) % 2, np.concatenate([np.zeros(150, int), np.ones(50, int)])

    def answered(of: np.ndarray) -> np.ndarray:
        chances = np.exp(random.normal(size=(200, 3)) + 3 * np.eye(3)[of] - [0, 0, 4])
        return chances / chances.sum(axis=1, keepdims=True)

    found = estimate_label_shift(Answers.of(answered(labels), labels, answered(truth)), replicates=50)
    assert found.em.value == pytest.approx([0.75, 0.25, 0.0], abs=0.06)
    assert found.bbse.value == pytest.approx([0.75, 0.25, 0.0], abs=0.06)
    assert found.em.value.sum() == pytest.approx(1.0)
