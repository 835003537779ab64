"""Stage of ``adapt``: what a model outlines at the target, how much, and what adapting gained where masks tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.outlines import Outlined, Outlining
from medgraft.measure.paired import score_difference
from medgraft.progress import Progress

__all__ = ["TargetOutlines", "outline_gain", "outline_target"]


@dataclass(frozen=True)
class TargetOutlines:
    """``outlined``: the cases that judge, scored; ``shares``: of the pixels, by structure, the mean over all cases."""

    outlined: Outlined
    shares: dict[str, float]


def outline_target(judge: Outlining, rows: Sequence[int], judged: Sequence[int], progress: Progress) -> TargetOutlines:
    """All of ``rows`` outlined, and ``judged`` of them scored as a part ``test``."""
    names, shares = judge.bundle.task.names, list[list[float]]()
    for row in progress.track(rows, total=len(rows), label="outlining the target"):
        labels = judge.called(row, judge.studies(row))
        shares.append([float(np.mean(labels == number)) for number in names])
    outlined = judge.judged(dict.fromkeys(judged, "test"), progress)
    return TargetOutlines(outlined, dict(zip(names.values(), np.mean(shares, axis=0).tolist(), strict=True)))


def outline_gain(before: Outlined, after: Outlined, table: pd.DataFrame, seed: int) -> dict[str, Any] | None:
    """Dice of the adapted model (``first``) less that of the source's on the same cases, over the structures and of
    each of them; ``None`` where no case judges. ``table``: the target's cohort."""
    if not after.rows:
        return None
    groups = patient_numbers(table["patient_id"].iloc[after.rows])
    scores = {
        label: [np.array([case.scores[label]["dice"][0] for case in side.scores]) for side in (after, before)]
        for label in after.scores[0].scores
    }
    means = [np.mean([pair[place] for pair in scores.values()], axis=0) for place in (0, 1)]
    each = {label: asdict(score_difference(*pair, groups=groups, seed=seed)) for label, pair in scores.items()}
    return {"dice": asdict(score_difference(*means, groups=groups, seed=seed)), "per_class": each}
