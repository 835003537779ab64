"""A world in which everything is known: two Gaussian classes, the honest model of them, and any mixture of classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.sides import Sides

SOURCE_SHARE = 0.5
DISTANCE = 2.0


@dataclass(frozen=True)
class World:
    """``sides`` and ``answers`` of the same cases; ``truth`` (m,): the target's labels, which nobody is told."""

    sides: Sides
    answers: Answers
    truth: NDArray[np.intp]


@pytest.fixture
def world() -> Callable[..., World]:
    """``(seed, n, m, share, moved)``: target share of class 1, and what is added to the target's second feature.

    The classes lie 2 deviations apart on the first of ten features; answers are Bayes' own for the source, one of two
    cases is class 1 there. ``temperature``: how much the logits are stretched, 1 is honest.
    """

    def make(
        seed: int, n: int = 300, m: int = 300, share: float = 0.5, moved: float = 0.0, temperature: float = 1.0
    ) -> World:
        random = np.random.default_rng(seed)

        def drawn(cases: int, part: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
            labels = (np.arange(cases) < round(part * cases)).astype(np.intp)
            rows = random.normal(size=(cases, 10))
            rows[:, 0] += DISTANCE * labels
            return labels, rows

        def answered(rows: NDArray[np.float64]) -> NDArray[np.float64]:
            logit = temperature * (DISTANCE * rows[:, 0] - DISTANCE**2 / 2)
            positive = 1 / (1 + np.exp(-logit))
            return np.stack([1 - positive, positive], axis=1)

        labels, source = drawn(n, SOURCE_SHARE)
        truth, target = drawn(m, share)
        target[:, 1] += moved
        answers = Answers.of(answered(source), labels, answered(target))
        return World(Sides.of(source, target), answers, truth)

    return make
