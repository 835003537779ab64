"""The share of right answers."""

from __future__ import annotations

import pytest

from medgraft.measure.unlabelled.source_validation import SOURCE_VALIDATION


def test_by_hand(evidence) -> None:
    assert SOURCE_VALIDATION(evidence([0.9, 0.8, 0.2, 0.6], [1, 0, 0, 1], [0.5])) == pytest.approx(3 / 4)
