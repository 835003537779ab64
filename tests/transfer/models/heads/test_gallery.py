"""The gallery head: votes by hand, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.gallery import GalleryHead, unit_rows, votes


def head(k=2):
    rows = unit_rows(np.array([[1.0, 0], [0.9, 0.1], [0, 1]]), np.zeros(2), np.ones(2))
    zeros, ones = np.zeros(2, np.float32), np.ones(2, np.float32)
    return GalleryHead(rows, np.array([0, 1, 1]), zeros, ones, np.zeros(2), 1.0, k, False)


def test_votes_by_hand():
    likeness = np.array([[0.9, 0.8, 0.1], [0.0, 0.2, 0.7]])
    np.testing.assert_allclose(votes(likeness, np.array([0, 1, 1]), 2, 2), [[0.5, 0.5], [0.0, 1.0]])


def test_the_nearest_answer():
    answers = head(1).answers(Bags.single(np.array([[5.0, 0.0], [0.0, 0.2]], np.float32)))
    chance = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(answers, [[chance, 1 - chance], [1 - chance, chance]])


def test_unit_rows_have_length_one_and_zero_stays():
    rows = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros(2), np.array([1.0, np.inf]))
    np.testing.assert_allclose(rows, [[1, 0], [0, 0]])


def test_features_of_another_backbone_and_a_broken_gallery_are_refused():
    with pytest.raises(ArtifactError, match="do not fit a gallery"):
        head().answers(Bags.single(np.zeros((1, 3), np.float32)))
    with pytest.raises(ArtifactError, match="k = 9"):
        head(9)
