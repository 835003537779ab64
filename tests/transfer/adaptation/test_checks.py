"""Cases that do not serve are told with what is needed."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.transfer.adaptation.checks import FEWEST, check_classes, check_features

ROWS = np.zeros((FEWEST, 4), np.float32)


def test_what_serves_passes():
    check_features("source", ROWS, np.arange(FEWEST), 4)
    check_classes(np.array([0, 1, 1]), 3, 2)


@pytest.mark.parametrize(
    ("features", "groups", "error", "match"),
    [
        (ROWS[:, :3], np.arange(FEWEST), UsageError, "the source's head reads 4"),
        (ROWS, np.arange(5), UsageError, "groups of shape"),
        (ROWS[:5], np.arange(5), DataError, "at least 20 are needed"),
        (
            np.full((FEWEST, 4), np.nan),
            np.arange(FEWEST),
            DataError,
            "20 of 20 target cases have features that are not",
        ),
    ],
)
def test_features_that_do_not(features, groups, error, match):
    with pytest.raises(error, match=match):
        check_features("target", features, groups, 4)


@pytest.mark.parametrize(
    ("labels", "error", "match"),
    [
        (np.array([0, 2, 1]), UsageError, "class indices below 2"),
        (np.array([0, -1, 1]), UsageError, "class indices below 2"),
        (np.array([0, 1]), UsageError, r"must be \(3,\)"),
        (np.array([1, 1, 1]), DataError, "no case of 1 of the 2 classes"),
    ],
)
def test_classes_that_do_not(labels, error, match):
    with pytest.raises(error, match=match):
        check_classes(labels, 3, 2)
