"""Weighted counts against counting by hand."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix

from medgraft.measure.metrics.predictions import Predictions, Weighted


def test_the_confusion_matrix_is_the_usual_one(draw_cases) -> None:
    truth, chances = draw_cases(0, k=4)
    predictions = Predictions.of(truth, chances)
    expected = confusion_matrix(truth, predictions.y_pred, labels=range(4))
    assert (predictions.unweighted().confusion[..., 0] == expected).all()


def test_a_weight_counts_as_so_many_cases(draw_cases) -> None:
    truth, chances = draw_cases(1, n=30, k=3, coarse=True)
    weights = np.random.default_rng(2).integers(0, 4, size=(30, 5)).astype(float)
    weighted = Weighted(Predictions.of(truth, chances), weights)
    for replicate in range(5):
        again = np.repeat(np.arange(30), weights[:, replicate].astype(int))
        single = Predictions.of(truth[again], chances[again]).unweighted()
        assert (weighted.confusion[..., replicate] == single.confusion[..., 0]).all()
        assert weighted.total[replicate] == len(again)
        assert weighted.support[:, replicate].tolist() == np.bincount(truth[again], minlength=3).tolist()


def test_ties_share_a_place_in_the_ranking() -> None:
    truth = np.array([1, 0, 1, 0])
    chances = np.array([[0.5, 0.5], [0.5, 0.5], [0.1, 0.9], [0.9, 0.1]])
    ranking = Predictions.of(truth, chances, positive=1).unweighted().ranking(1)
    # At 0.1 there is no case of the class; at 0.5 one of each; at 0.9 the last of the class.
    assert ranking.inside[:, 0].tolist() == [1, 1]
    assert ranking.inside_up_to[:, 0].tolist() == [1, 2]
    assert ranking.outside_at[:, 0].tolist() == [1, 0]
    assert ranking.outside_up_to[:, 0].tolist() == [2, 2]
    assert ranking.outside.tolist() == [2]
