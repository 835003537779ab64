"""Other odds by Bayes, and what a bundle may not hold."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import ArtifactError, UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.gallery import GalleryHead
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.shifted import ShiftedHead

INNER = LinearHead(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32), np.zeros(3, np.float32))
ROWS = Bags.single(np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32))


def test_answers_are_multiplied_and_add_up_to_one():
    odds = np.array([0.5, 2.0, 1.0])
    wanted = INNER.answers(ROWS) * odds
    found = ShiftedHead(INNER, np.log(odds)).answers(ROWS)
    np.testing.assert_allclose(found, wanted / wanted.sum(axis=1, keepdims=True))


def test_no_shift_is_the_inner_head():
    np.testing.assert_allclose(ShiftedHead(INNER, np.full(3, 7.0)).answers(ROWS), INNER.answers(ROWS))


def test_what_does_not_fit_and_what_holds_patients_is_refused():
    with pytest.raises(ArtifactError, match="does not fit"):
        ShiftedHead(INNER, np.zeros(2))
    with pytest.raises(ArtifactError, match="does not fit"):
        ShiftedHead(INNER, np.array([0.0, -np.inf, 0.0]))
    rows, ones = np.eye(4, dtype=np.float32), np.ones(4, np.float32)
    with pytest.raises(UsageError, match="rows of training cases"):
        ShiftedHead(GalleryHead(rows, np.arange(4) % 2, 0 * ones, ones, np.zeros(2), 1.0, 1, False), np.zeros(2))
