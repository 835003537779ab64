"""The contract, over every registered score: of probabilities only, blind to the names of classes, falling with p."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.conformal.catalogue import BUILT_IN
from medgraft.measure.conformal.score import CONFORMAL_SCORES, cumulated

NAMES = list(CONFORMAL_SCORES)


def test_all_are_there() -> None:
    assert {score.name for score in BUILT_IN} == set(NAMES) == {"lac", "aps", "raps"}
    assert all(CONFORMAL_SCORES.get(score.name) is score and score.summary for score in BUILT_IN)


@pytest.mark.parametrize("name", NAMES)
def test_a_likelier_class_is_less_strange_and_names_do_not_matter(name, draw_cases) -> None:
    _, said = draw_cases(0, n=50, k=5)
    score = CONFORMAL_SCORES.get(name)
    found = score(said)
    assert found.shape == said.shape
    order = np.argsort(-said, axis=1)
    assert (np.diff(np.take_along_axis(found, order, axis=1), axis=1) > 0).all()
    turned = np.array([3, 0, 4, 1, 2])
    assert score(said[:, turned]) == pytest.approx(found[:, turned])
    assert score(said[7:9]) == pytest.approx(found[7:9], abs=0)
    with pytest.raises(UsageError, match="no probabilities"):
        score(said / 2)


def test_mass_and_rank_by_hand() -> None:
    mass, rank = cumulated(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]))
    assert mass == pytest.approx(np.array([[1.0, 0.5, 0.8], [0.4, 0.8, 1.0]]))
    assert rank.tolist() == [[2, 0, 1], [0, 1, 2]]
