"""Stage of ``adapt``: which labels of the target are learnt from and which judge; no patient is in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import CohortError
from medgraft.experiment.stages.side_by_side import SideBySide
from medgraft.progress import Progress
from medgraft.registry import nearest

__all__ = ["TargetLabels", "patient_codes", "target_labels"]

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class TargetLabels:
    """Rows of the target, by what their labels are for; ``truth`` (m,): class indices, −1 where unknown."""

    truth: Rows
    learnt: Rows
    judged: Rows

    def fewer(self, wanted: int, groups: NDArray[Any], seed: int) -> TargetLabels:
        """The same with ``wanted`` of the cases that are learnt from, at least, in whole patients of ``groups`` (m,);
        the same cases judge."""
        return TargetLabels(self.truth, _first_patients(self.learnt, groups, self.truth, wanted, seed), self.judged)


def target_labels(
    both: SideBySide, classes: tuple[str, ...], wanted: int, seed: int, progress: Progress
) -> TargetLabels:
    """``wanted``: how many cases are learnt from, at least; whole patients, of each class in turn. Cases and patients
    of the source judge nothing. Raises ``CohortError`` for labels that are no ``classes``, or too few."""
    table = both.target.table
    said = table["label"]
    unknown = sorted(set(said.dropna().astype(str)) - set(classes))
    if unknown:
        raise CohortError(
            f"adapting: the target's labels {', '.join(map(repr, unknown[:5]))} are not classes of this run "
            f"({', '.join(classes)}){nearest(unknown[0], classes)}; map them with "
            f"--label-map {unknown[0]}={classes[0]},…, "
            "or give a table without labels"
        )
    index = {name: number for number, name in enumerate(classes)}
    truth = np.array([-1 if pd.isna(one) else index[str(one)] for one in said], dtype=np.int64)
    ours = both.source.table
    known = table["case_id"].isin(ours["case_id"]) | table["patient_id"].isin(ours["patient_id"].dropna())
    usable = np.flatnonzero((truth >= 0) & ~known.to_numpy(dtype=bool))
    if known.any():
        progress.notice(
            f"{int(known.sum())} target cases are of pictures or patients that the source has: they judge nothing"
        )
    if wanted > len(usable):
        raise CohortError(
            f"adapting: --labels {wanted}, and {len(usable)} target cases have a label (and are not of the source); "
            "ask for fewer, or label more"
        )
    groups = patient_codes(table)
    learnt = _first_patients(usable, groups, truth, wanted, seed)
    judged = usable[~np.isin(groups[usable], groups[learnt])]
    if wanted and len(np.unique(truth[learnt])) < 2:
        progress.notice("the labelled cases to learn from are all of one class")
    return TargetLabels(truth, learnt, judged)


def patient_codes(table: pd.DataFrame) -> NDArray[np.int64]:
    """(m,) numbers of patients; a case of an unknown one is its own."""
    return np.asarray(pd.factorize(table["patient_id"].fillna(table["case_id"]))[0], dtype=np.int64)


def _first_patients(usable: Rows, groups: NDArray[Any], truth: Rows, wanted: int, seed: int) -> Rows:
    """Cases of whole patients, drawn in turn from each class, until there are ``wanted``."""
    rng, queues = np.random.default_rng(seed), dict[int, list[int]]()
    for patient in rng.permutation(np.unique(groups[usable])).tolist():
        rows = usable[groups[usable] == patient]
        queues.setdefault(int(np.bincount(truth[rows]).argmax()), []).append(int(patient))
    chosen, taken = list[int](), 0
    while taken < wanted and any(queues.values()):
        for queue in queues.values():
            if queue and taken < wanted:
                chosen.append(queue.pop())
                taken += int((groups[usable] == chosen[-1]).sum())
    return np.asarray(usable[np.isin(groups[usable], chosen)])
