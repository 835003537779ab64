"""Softmax, and that the registry of heads holds what it is for (the contract itself: ``test_catalogue``)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.transfer.models.heads.head import softmax


def test_softmax_is_the_formula_and_does_not_overflow():
    np.testing.assert_allclose(softmax([[0.0, np.log(3.0)]]), [[0.25, 0.75]])
    np.testing.assert_allclose(softmax([[1000.0, 1000.0]]), [[0.5, 0.5]])
    np.testing.assert_allclose(softmax([[-1e4, 0.0, 1e4]]), [[0.0, 0.0, 1.0]])


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=5), st.floats(-1e3, 1e3))
@settings(deadline=None, max_examples=50)
def test_softmax_is_a_distribution_that_no_shift_moves(logits, shift):
    chances = softmax(np.array([logits]))
    np.testing.assert_allclose(chances, np.exp(logits)[None] / np.exp(logits).sum(), rtol=1e-9)
    np.testing.assert_allclose(softmax(np.array([logits]) + shift), chances, atol=1e-9)
