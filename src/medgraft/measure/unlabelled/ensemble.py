"""Several scores as one: the mean of a model's ranks, so that no unit and no outlier decides.

Ranks are from 1 (worst) to the number of models, equal scores share their mean rank. A score that is not defined (NaN)
for a model ranks it last, together with others like it.
Source: Musgrave, Belongie & Lim 2022; Borda's count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from medgraft.errors import UsageError
from medgraft.measure.average_ranks import average_ranks

__all__ = ["mean_ranks"]


def mean_ranks(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Model → mean rank over all scores, higher is better. ``scores``: score → model → value.

    Raises ``UsageError`` where there is no score, or the scores are of different models.
    """
    tables = list(scores.values())
    models = list(tables[0]) if tables else []
    if not models or any(set(table) != set(models) for table in tables):
        raise UsageError(
            "joining scores: each must be of the same models, and there must be one score and one model or more; got "
            + (", ".join(f"{name} of {len(table)}" for name, table in scores.items()) or "none")
        )
    columns = [[-math.inf if math.isnan(table[model]) else table[model] for model in models] for table in tables]
    ranks = np.mean([average_ranks(np.array(column)) for column in columns], axis=0)
    return dict(zip(models, ranks.tolist(), strict=True))
