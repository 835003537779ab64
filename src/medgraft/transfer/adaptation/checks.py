"""What cases must be to be adapted from or to: told once, for all methods."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError

__all__ = ["FEWEST", "check_classes", "check_features"]

FEWEST = 20
"""Cases that each side needs: fewer say next to nothing about how a site differs."""


def check_features(side: str, features: NDArray[Any], groups: NDArray[Any], width: int) -> None:
    """``features`` (n, width) and ``groups`` (n,) of a ``side``. Raises ``UsageError`` for shapes that do not fit,
    ``DataError`` for too few cases and for values that are not finite."""
    if features.ndim != 2 or features.shape[1] != width:
        raise UsageError(
            f"adapting: the {side}'s features are of shape {features.shape}, the source's head reads {width}; both "
            "sites need the same backbone and the same preprocessing"
        )
    if groups.shape != (len(features),):
        raise UsageError(f"adapting: {len(features)} cases of the {side} and groups of shape {groups.shape}")
    if len(features) < FEWEST:
        raise DataError(
            f"adapting: the {side} has {len(features)} cases; at least {FEWEST} are needed to tell how a site differs: "
            "collect more (they need no labels), or use the source's model as it is"
        )
    bad = int((~np.isfinite(features)).any(axis=1).sum())
    if bad:
        raise DataError(
            f"adapting: {bad} of {len(features)} {side} cases have features that are not finite; leave these cases out"
        )


def check_classes(labels: NDArray[Any], cases: int, n_classes: int) -> None:
    """``labels`` (cases,) indices of all ``n_classes`` classes. Raises ``UsageError`` for others, ``DataError`` where a
    class has no case."""
    if labels.shape != (cases,) or labels.min() < 0 or labels.max() >= n_classes:
        raise UsageError(f"adapting: the source's labels must be ({cases},) class indices below {n_classes}")
    missing = n_classes - len(np.unique(labels))
    if missing:
        raise DataError(
            f"adapting: the source has no case of {missing} of the {n_classes} classes; a model cannot be fitted "
            "without them: add cases, or leave the classes out"
        )
