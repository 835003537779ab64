"""A teacher's answers softened by hand."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.training.lesson import Lesson

ANSWERS = np.array([[0.5, 0.5], [0.64, 0.36], [1.0, 0.0]])


def test_the_label_and_the_softened_answer():
    targets = Lesson(ANSWERS, 2.0, 0.5).targets(np.array([1, 0]), np.array([1, 0]))
    assert targets.dtype == np.float32
    np.testing.assert_allclose(targets[0], [[0, 1], [0.8 / 1.4, 0.6 / 1.4]], rtol=1e-6)
    np.testing.assert_allclose(targets[1], [[1, 0], [0.5, 0.5]], rtol=1e-6)


def test_a_certain_teacher_stays_finite_and_keeps_a_doubt():
    soft = Lesson(ANSWERS, 4.0, 1.0).targets(np.array([2]), np.array([0]))[0, 1]
    assert soft.sum() == np.float32(1)
    assert 0 < soft[1] < 0.05
