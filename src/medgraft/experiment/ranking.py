"""``rank``: which source suits DATA, by trying every one that is here.

A probe and k-NN on the same patient-grouped folds decide; scores that promise to tell it without trying are given as
hints beside it. The cases that ``fit`` with the same seed would test on take no part, so that ranking first does not
spoil them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.cohort.folds import folds_for
from medgraft.errors import CohortError, MedgraftError, UsageError
from medgraft.experiment.build import build_workspace
from medgraft.experiment.config import resolve_config
from medgraft.experiment.sources import Sources
from medgraft.experiment.stages.embedding import embedding_stage
from medgraft.experiment.stages.splitting import split_stage
from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_csv
from medgraft.files import write_json
from medgraft.home import Home
from medgraft.measure.ties import Candidate as Compared
from medgraft.measure.transferability.catalogue import score_features
from medgraft.progress import Progress
from medgraft.transfer.selection.choice import Judge
from medgraft.transfer.selection.trial import Candidate, Source, Trial

__all__ = ["RankResult", "rank_data"]

_PROBE = "linear-probe"


@dataclass(frozen=True)
class RankResult:
    """``rows``, the best first: see ``docs/interfaces.md``. ``left_out``: sources that could not be tried, and why."""

    rows: list[dict[str, Any]]
    left_out: dict[str, str]
    kind: str
    cases: int
    folds: int
    warnings: list[str]

    @property
    def tied(self) -> list[str]:
        """Those that tie with the best, itself among them."""
        return [str(row["name"]) for row in self.rows if row["ties_with_best"]]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return {**vars(self), "tied": self.tied}


def rank_data(
    data: Path,
    *,
    out: Path | None = None,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> RankResult:
    """Try every source on DATA. ``out``: a folder for ``rank.json`` and ``rank.csv``."""
    progress, home = progress or Progress(), home or Home.find()
    if out is not None and out.exists() and not overwrite:
        raise UsageError(f"--out {out}: it is there already; give another folder, or --overwrite")
    config = resolve_config(file, sets, flags)
    with tempfile.TemporaryDirectory(prefix="medgraft-rank-") as scratch:
        work, _ = build_workspace(data, Path(scratch) / "run", config, home=home, progress=progress, overwrite=False)
        if work.task.kind == "multi-label" or work.cohort.target != "labels":
            has = "several" if work.task.kind == "multi-label" else f"{work.cohort.target} and none"
            raise UsageError(
                f"ranking: sources are compared by one label a case, and here each has {has} "
                f"({', '.join(work.task.labels)}); name one column with --label-col, and rank for it"
            )
        embedding_stage(work)
        split_stage(work)
        result = _ranked(work, progress)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "rank.json", result.to_json())
        write_csv(out / "rank.csv", pd.json_normalize(result.rows))
    return result


def _ranked(work: Workspace, progress: Progress) -> RankResult:
    material = material_of(work)
    fold = folds_for(material.labels, material.groups, work.config.search.folds, work.config.seed)
    if fold is None:
        raise CohortError("ranking needs cases of each class from two patients or more, to compare sources on folds")
    sources, left_out = Sources(work), dict[str, str]()
    rows, probes = list[dict[str, Any]](), list[Trial]()
    for name in sources.names():
        progress.step(f"trying {name}")
        began = time.perf_counter()
        try:
            source = sources.make(name)
            trials = {kind: _answered(source, kind, fold) for kind in work.config.search.lower if source.serves(kind)}
        except MedgraftError as error:
            left_out[name] = str(error)
            continue
        probes.append(trials[_PROBE])
        rows.append({**_facts(sources.ready[name], source), "seconds": time.perf_counter() - began, "trials": trials})
    if not rows:
        raise CohortError("ranking: none of the sources could be tried: " + "; ".join(left_out.values()))
    judge = Judge(material.labels, work.task.positive_index, material.groups, work.config.seed)
    compared = judge.compare(probes)
    told = [_told(row, compared, judge) for row in rows]
    told.sort(key=lambda row: -row["probe"]["value"])
    return RankResult(told, left_out, work.cohort.kind, len(fold), int(fold.max()) + 1, list(progress.notices))


def _answered(source: Source, kind: str, fold: np.ndarray[Any, np.dtype[np.int64]]) -> Trial:
    trial = Trial(Candidate(source, {"kind": kind}, 0), fold)
    while trial.status == "running":
        trial.next_fold()
    return trial


def _facts(work: Workspace, source: Source) -> dict[str, Any]:
    facts = work.job.backbone.facts
    material = source.material
    return {
        "name": source.name,
        "trained_on": facts.trained_on,
        "licence": facts.licence,
        "size": work.preprocessing.size,
        "features": facts.feature_dim,
        "parameters": facts.parameters,
        "megabytes": facts.parameters * 4 / 1e6,
        "seconds_a_picture": source.seconds,
        "hints": score_features(material.features, material.labels),
    }


def _told(row: dict[str, Any], compared: dict[str, Compared], judge: Judge) -> dict[str, Any]:
    trials: dict[str, Trial] = row.pop("trials")
    found = compared[trials[_PROBE].candidate.name]
    others = {kind: judge.compare([trial]) for kind, trial in trials.items() if kind != _PROBE}
    return {
        **row,
        "probe": {"value": found.value, "low": found.low, "high": found.high},
        **{
            kind.replace("-", "_"): {"value": one.value, "low": one.low, "high": one.high}
            for kind, item in others.items()
            for one in item.values()
        },
        "to_best": {"value": found.difference, "low": found.difference_low, "high": found.difference_high},
        "ties_with_best": bool(found.ties_with_best),
        "chance_best": found.chance_best,
    }
