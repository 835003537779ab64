"""Stage, where a budget is given: the source and the strategy are chosen by trying; writes ``ladder.json``.

The test cases take no part. What was chosen is put into the workspace, so that the stages after this one
go on as if it had been asked for.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from medgraft.data.cohort.folds import folds_for
from medgraft.errors import CohortError
from medgraft.experiment.sources import Sources
from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.transfer.selection.choice import MARGIN, Judge
from medgraft.transfer.selection.ladder import Climb, Ground, Ladder, Planned
from medgraft.transfer.selection.trial import Trial
from medgraft.transfer.strategies.strategy import STRATEGIES, OutOfFold

__all__ = ["choosing_stage", "ladder_rows"]

_FIXED_RESERVE = 6.0
"""Seconds for evaluation, report and the bundle, beside embedding all cases again with trained weights."""


def choosing_stage(work: Workspace, began: float) -> None:
    """``began``: when the process did, by ``time.monotonic``."""
    budget = work.config.search.seconds or 0.0
    sources, material = Sources(work), material_of(work)
    fold = folds_for(material.labels, material.groups, work.config.search.folds, work.config.seed)
    if fold is None:
        raise CohortError(
            "a budget needs cases of each class from two patients or more, to compare candidates on folds; fit with "
            "--strategy linear-probe instead"
        )
    judge = Judge(material.labels, work.task.positive_index, material.groups, work.config.seed)
    each = _seconds_each(work)
    ground = Ground(fold, judge, began + budget, _FIXED_RESERVE + each * len(work.cohort))
    search = work.config.search
    ladder = Ladder(
        ground,
        [{"kind": kind} for kind in search.lower],
        [{"kind": kind} for kind in search.upper if not _refused(work, kind)],
        work.progress,
    )
    expected = each * len(material.labels)
    climb = ladder.run([Planned(name, partial(sources.make, name), expected) for name in sources.names()])
    _take(work, climb, sources)
    write_json(
        work.run / "ladder.json",
        {
            "budget_seconds": budget,
            "spent_seconds": round(time.monotonic() - began, 1),
            "ended": climb.ended,
            "folds": int(fold.max()) + 1,
            "cases": len(fold),
            "margin": MARGIN,
            "chosen": climb.chosen.candidate.name,
            "candidates": ladder_rows(climb),
            "left_out": climb.left_out,
        },
    )


def _refused(work: Workspace, kind: str) -> bool:
    """Networks are trained on pictures, and there must be one."""
    volumes = work.embedding is not None and not work.embedding.bags.are_pictures
    return volumes and STRATEGIES.get(kind).needs_network


def _seconds_each(work: Workspace) -> float:
    """Seconds a picture that reading and embedding took here; a guess where all came from the cache."""
    spent = work.seconds.get("read", 0.0) + work.seconds.get("embed", 0.0)
    return spent / work.forward_passes if work.forward_passes else 0.02


def _take(work: Workspace, climb: Climb, sources: Sources) -> None:
    """Put what was chosen into the workspace."""
    chosen = climb.chosen
    source = sources.ready[chosen.candidate.source.name]
    settings: dict[str, Any] = dict(chosen.candidate.settings)
    if chosen.epochs is not None:
        settings["epochs"] = chosen.epochs
    member = STRATEGIES.get(chosen.candidate.kind)
    typed = member.Config(**settings)
    work.job, work.preprocessing, work.embedding = source.job, source.preprocessing, source.embedding
    work.config = source.config.model_copy(update={"strategy": typed.model_dump(mode="json")})
    work.strategy = member(typed)
    work.transferred = climb.made
    if member.needs_validation:
        seen = np.flatnonzero(chosen.seen)  # of a training that there was little time for: one fold
        work.out_of_fold = OutOfFold(chosen.chances[None, seen], chosen.fold[None, seen], seen)
    work.progress.notice(
        f"{chosen.candidate.name} was chosen by its cross-validated AUROC, which is therefore a little too good; the "
        "test set was not looked at"
    )


def ladder_rows(climb: Climb) -> list[dict[str, Any]]:
    """One plain row a candidate, in the order in which they were tried."""
    return [_row(trial, climb) for trial in climb.trials]


def _row(trial: Trial, climb: Climb) -> dict[str, Any]:
    candidate, choice = trial.candidate, climb.choice
    compared = choice.compared.get(candidate.name) if choice is not None else None
    return {
        "name": candidate.name,
        "source": candidate.source.name,
        "strategy": candidate.kind,
        "status": "chosen" if trial is climb.chosen else trial.status,
        "reason": trial.reason,
        "folds": trial.folds_done,
        "epochs": trial.epochs,
        "auroc": None if compared is None else _interval(compared.value, compared.low, compared.high),
        "to_best": None
        if compared is None
        else _interval(compared.difference, compared.difference_low, compared.difference_high),
        "ties_with_best": None if compared is None else bool(compared.ties_with_best),
        "seconds": round(trial.seconds, 2),
        "parameters": candidate.source.parameters,
        "seconds_a_picture": candidate.source.seconds,
    }


def _interval(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": float(value), "low": float(low), "high": float(high)}
