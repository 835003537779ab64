"""The chain of questions: by hand, there and back, and never a contradiction."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from medgraft.transfer.models.heads.grades import GradesHead, grade_chances, grade_questions


def test_questions_by_hand():
    wanted = [[0, -1, -1], [1, 0, -1], [1, 1, 0], [1, 1, 1]]
    np.testing.assert_array_equal(grade_questions(np.arange(4), 4), wanted)


def test_certain_answers_give_the_grade_back():
    steps = np.maximum(grade_questions(np.arange(4), 4), 0).astype(float)
    np.testing.assert_array_equal(grade_chances(steps), np.eye(4))


def test_chances_by_hand():
    np.testing.assert_allclose(grade_chances(np.array([[0.8, 0.25]])), [[0.2, 0.6, 0.2]])


@given(arrays(np.float64, (5, 4), elements=st.floats(0, 1)))
def test_chances_are_chances(steps):
    chances = grade_chances(steps)
    assert (chances >= -1e-12).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_a_head_of_two_questions_has_three_grades():
    head = GradesHead(np.zeros((2, 5), np.float32), np.zeros(2, np.float32))
    assert head.shape == (3, 5)
    np.testing.assert_allclose(head.probabilities(np.ones((1, 5))), [[0.5, 0.25, 0.25]])
