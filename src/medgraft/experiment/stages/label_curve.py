"""Stage of ``adapt``: how many labels of the target buy what.

The method that is used adapts again from a part of the labelled cases, each part within the next; the cases that judge
stay the same, so that differences to the source's model are paired and comparable along the curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from medgraft.errors import MedgraftError
from medgraft.experiment.stages.target_labels import TargetLabels, patient_codes
from medgraft.measure.paired import auroc_difference
from medgraft.transfer.adaptation.adaptation import Adapted, Pair

__all__ = ["FEWEST_FOR_A_CURVE", "label_curve"]

FEWEST_FOR_A_CURVE = 8
"""Labelled cases below which parts of them say nothing."""
_PARTS = (0.25, 0.5)


def label_curve(
    pair: Pair,
    adapt: Callable[[Pair], Adapted],
    adapted: Adapted,
    labels: TargetLabels,
    table: pd.DataFrame,
    positive: int | None,
) -> list[dict[str, Any]] | None:
    """A point a number of ``labels``, rising: AUROC of the adapted model less source-only. ``adapted``: with all of
    them. ``None`` where too few are learnt from, or those that judge are not of two classes."""
    learnt, judged = labels.learnt, labels.judged
    if len(learnt) < FEWEST_FOR_A_CURVE or len(np.unique(labels.truth[judged])) < 2:
        return None
    groups, before = patient_codes(table), pair.before[judged]
    found = list[dict[str, Any]]()

    def point(count: int, result: Adapted) -> dict[str, Any]:
        after = result.probability[judged]
        gap = auroc_difference(labels.truth[judged], after, before, positive=positive, groups=groups[judged])
        return {"labels": count, "auroc": asdict(gap)}

    for part in _PARTS:
        fewer = labels.fewer(round(part * len(learnt)), groups, pair.seed)
        if len(fewer.learnt) in (*(one["labels"] for one in found), len(learnt)):
            continue
        known = np.full(len(labels.truth), -1, np.int64)
        known[fewer.learnt] = labels.truth[fewer.learnt]
        try:
            result = adapt(replace(pair, target=replace(pair.target, labels=known)))
        except MedgraftError:
            continue  # a method that needs more labels than this part has
        found.append(point(len(fewer.learnt), result))
    return [*found, point(len(learnt), adapted)]
