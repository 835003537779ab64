"""What a model answers on both sides: checked once, drawn by patient."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.shift.answers import Answers

HALVES = np.full((6, 2), 0.5)
LABELS = np.arange(6) % 2


def test_rows_that_nearly_sum_to_one_do() -> None:
    found = Answers.of(HALVES * 1.0004, LABELS, HALVES)
    assert found.source.sum(axis=1) == pytest.approx(1.0, abs=1e-15)
    assert found.classes == 2
    assert Answers.of(np.eye(2)[LABELS], np.roll(LABELS, 1), HALVES).correct.sum() == 0


def test_patients_are_drawn_whole_on_each_side() -> None:
    found = Answers.of(HALVES, LABELS, HALVES, source_groups=np.array([4, 4, 4, 7, 7, 9]), target_groups=np.arange(6))
    first, second = found.resampled(50, 0)
    assert first.shape == second.shape == (6, 50)
    assert (first[0] == first[1]).all()
    assert (first[3] == first[4]).all()
    assert first[[0, 3, 5]].sum(axis=0) == pytest.approx(3)
    assert second.sum(axis=0) == pytest.approx(6)
    assert not np.array_equal(second[0], second[1])


def test_what_does_not_fit_is_refused() -> None:
    for source, labels, target in (
        (HALVES, LABELS[:-1], HALVES),
        (HALVES, LABELS.astype(float), HALVES),
        (HALVES, LABELS, np.full((6, 3), 1 / 3)),
        (HALVES, LABELS, np.zeros((0, 2))),
    ):
        with pytest.raises(UsageError, match="of the same classes"):
            Answers.of(source, labels, target)
    with pytest.raises(UsageError, match="indices of the columns"):
        Answers.of(HALVES, LABELS + 1, HALVES)
    with pytest.raises(DataError, match="of one class"):
        Answers.of(HALVES, np.zeros(6, int), HALVES)
    with pytest.raises(DataError, match="1 of 6 target cases have no finite answer"):
        Answers.of(HALVES, LABELS, np.where(np.arange(6)[:, None] == 2, np.nan, HALVES))
    for wrong in (HALVES * 0.9, np.tile([1.5, -0.5], (6, 1))):
        with pytest.raises(DataError, match="rows that sum to 1"):
            Answers.of(wrong, LABELS, HALVES)
