"""Stage of ``adapt``: what ``adaptation.json`` says of the choice and of what it gained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.experiment.stages.target_labels import TargetLabels
from medgraft.measure.paired import accuracy_difference, auroc_difference
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, Choice

__all__ = ["compared", "guard_content", "hindsight", "run_warnings"]

Rows = NDArray[np.int64]


def guard_content(choice: Choice) -> dict[str, Any]:
    """What was tried, what each score says, and the verdict."""
    verdict = choice.verdict
    return {
        "jury": choice.jury,
        "chosen": choice.chosen,
        "considered": choice.names[verdict.best],
        "sureness": verdict.sureness,
        "votes": dict(verdict.votes),
        "reason": verdict.reason,
        "candidates": [
            {
                "name": name,
                "seconds": round(choice.seconds[name], 2),
                "collapsed": choice.results[name].collapsed,
                "scores": {
                    score: None if np.isnan(table[:, place]).all() else float(np.nanmean(table[:, place]))
                    for score, table in choice.scores.items()
                },
            }
            for place, name in enumerate(choice.names)
        ],
        "failed": dict(choice.failed),
    }


def compared(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    parts: TargetLabels,
    positive: int | None,
    table: pd.DataFrame,
) -> dict[str, Any] | None:
    """Source-only beside the adapted model on the judged cases; ``None`` where no case judges."""
    rows = parts.judged
    if not len(rows):
        return None
    truth, groups = parts.truth[rows], _groups(table, rows)
    found = {}
    if len(np.unique(truth)) >= 2:
        found["auroc"] = asdict(auroc_difference(truth, after[rows], before[rows], positive=positive, groups=groups))
    called = after[rows].argmax(axis=1), before[rows].argmax(axis=1)
    found["accuracy"] = asdict(accuracy_difference(truth, *called, groups=groups))
    return found


def _groups(table: pd.DataFrame, rows: Rows) -> NDArray[np.int64] | None:
    names = table["patient_id"].iloc[rows]
    return None if names.isna().any() else pd.factorize(names)[0].astype(np.int64)


def hindsight(choice: Choice, parts: TargetLabels, table: pd.DataFrame) -> dict[str, Any] | None:
    """Whether the guard was right about what it considered, where labels tell: by the sign of the difference, which
    chance may have made where its interval holds 0."""
    rows = parts.judged
    considered = choice.names[choice.verdict.best]
    if not len(rows) or considered == SOURCE_ONLY or len(np.unique(parts.truth[rows])) < 2:
        return None
    answers = [choice.results[name].probability[rows] for name in (considered, SOURCE_ONLY)]
    gap = auroc_difference(parts.truth[rows], *answers, groups=_groups(table, rows))
    better = gap.difference > 0
    return {
        "considered": considered,
        "difference": {"value": gap.difference, "low": gap.low, "high": gap.high},
        "beyond_chance": bool(gap.low > 0 or gap.high < 0),
        "right": bool(better == choice.verdict.adapts),
    }


def run_warnings(content: Mapping[str, Any]) -> list[str]:
    """For ``metrics.json``, from the content of ``adaptation.json``."""
    told = ["the test cases were seen by the adaptation, without their labels: for new cases, expect a little less"]
    if content["method"] == SOURCE_ONLY:
        told = ["the source's model is kept as it is"]
    if content["collapsed"]:
        told.append(f"{content['method']} has probably collapsed: {content['collapsed']}")
    return told
