"""Stages: what would be there without a source task, and what transfer gained over it; writes ``comparison.json``.

*classical*: hand-crafted texture and shape features and a support vector machine. *scratch*: the run's own network,
trained from random weights. Both learn from the same cases, are chosen on the same validation cases, and are asked
about the same test cases, once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import MedgraftError
from medgraft.experiment.sources import Sources
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.transferring import embedded_again, material_of
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.measure.paired import Difference, auroc_difference
from medgraft.source.backbones.handcrafted import CLASSICAL
from medgraft.transfer.strategies.strategy import STRATEGIES, OutOfFold

__all__ = ["COMPARATORS", "Comparator", "comparators_stage", "comparison_stage"]

COMPARATORS = {"classical": "svm", "scratch": "scratch"}
"""Name → its strategy."""


@dataclass(frozen=True)
class Comparator:
    """``probability`` (n, classes) of every case of the cohort; ``out_of_fold`` where it was cross-validated."""

    name: str
    strategy: str
    probability: NDArray[np.float64]
    out_of_fold: OutOfFold | None
    seconds: float


def comparators_stage(work: Workspace) -> list[Comparator]:
    """Those that the config asks for; must run before new weights are put into the workspace."""
    return [_made(work, name) for name in work.config.evaluation.compare]


def _made(work: Workspace, name: str) -> Comparator:
    began = time.monotonic()
    place = work
    if name == CLASSICAL:
        sources = Sources(work)
        sources.make(CLASSICAL)
        place = sources.ready[CLASSICAL]
    member = STRATEGIES.get(COMPARATORS[name])
    done = member(member.Config()).fit(material_of(place))
    embedding = place.embedding if done.backbone_state is None else embedded_again(place, done.backbone_state)[1]
    if embedding is None:
        raise MedgraftError("comparing: the embedding stage has not run")
    return Comparator(name, member.name, done.head.answers(embedding.bags), done.out_of_fold, time.monotonic() - began)


def comparison_stage(work: Workspace, comparators: list[Comparator]) -> None:
    """Paired differences to what was fitted, on the test cases, and on cross-validation where both have it."""
    if not comparators:
        return
    parts = np.array([part or "" for part in work.parts()])
    rows = work.predictions[work.predictions["split"] == "test"]
    place = {str(case): number for number, case in enumerate(work.cohort.table["case_id"])}
    told = []
    for one in comparators:
        entry: dict[str, Any] = {"name": one.name, "strategy": one.strategy, "seconds": round(one.seconds, 2)}
        if len(rows):
            theirs = one.probability[[place[str(case)] for case in rows["case_id"]]]
            entry["test"] = _entry(work, rows.rename(columns={"y_true": "label"}), _chances(work, rows), theirs)
        if one.out_of_fold is not None and work.out_of_fold is not None:
            seen = work.cohort.table[np.isin(parts, ["train", "val"])]
            ours, theirs = work.out_of_fold.probability.mean(axis=0), one.out_of_fold.probability.mean(axis=0)
            entry["cv"] = _entry(work, seen.iloc[work.out_of_fold.rows], ours, theirs)
        told.append(entry)
    write_json(work.run / "comparison.json", {"metric": "auroc", "comparators": told})


def _chances(work: Workspace, rows: pd.DataFrame) -> NDArray[np.float64]:
    return rows[[f"p_{label}" for label in work.task.labels]].to_numpy(dtype=np.float64)


def _entry(
    work: Workspace, rows: pd.DataFrame, ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> dict[str, Any] | None:
    """Ours − theirs; ``None`` where the cases are of one class."""
    truth = work.task.targets(rows)
    if len(np.unique(truth)) < 2:
        return None
    groups = patient_numbers(rows["patient_id"])
    found: Difference = auroc_difference(
        truth, ours, theirs, positive=work.task.positive_index, groups=groups, seed=work.config.seed
    )
    return {
        "ours": found.first,
        "theirs": found.second,
        "gain": {"value": found.difference, "low": found.low, "high": found.high},
        "method": found.method,
        "n": found.n,
        "n_patients": found.n_patients,
    }
