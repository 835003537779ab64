"""``fit``: DATA → run folder. One function for Python, the command line and, later, the web page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medgraft.data.cohort.cohort import Target
from medgraft.errors import MedgraftError
from medgraft.experiment.build import build_workspace
from medgraft.experiment.config import resolve_config
from medgraft.experiment.run import RunFolder
from medgraft.experiment.seen import tell_seen
from medgraft.experiment.stages.choosing import choosing_stage
from medgraft.experiment.stages.comparing import comparators_stage, comparison_stage
from medgraft.experiment.stages.embedding import embedding_stage
from medgraft.experiment.stages.evaluating import evaluation_stage
from medgraft.experiment.stages.explanation import explanation_stage
from medgraft.experiment.stages.fusing import fusion_stage
from medgraft.experiment.stages.learning import learning_stage
from medgraft.experiment.stages.leaving_site_out import loso_stage
from medgraft.experiment.stages.slices import slices_stage
from medgraft.experiment.stages.splitting import audit_stage, split_stage
from medgraft.experiment.stages.subgroups import subgroup_stage
from medgraft.experiment.stages.transferring import transfer_stage
from medgraft.experiment.stages.trusting import trust_stage
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import read_json, write_json
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.use.report.render import render_report

__all__ = ["FitResult", "fit_run"]


@dataclass(frozen=True)
class FitResult:
    """What ``fit`` tells. ``metrics`` is ``metrics.json``; ``quarantined`` has (path, reason) for the terminal only."""

    run: Path
    metrics: dict[str, Any]
    timings: dict[str, float]
    forward_passes: int
    decodes: int
    warnings: list[str]
    already_done: bool = False
    kind: str = ""
    cases: dict[str, int] = field(default_factory=dict)
    quarantined: list[tuple[str, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return {
            "run": str(self.run),
            "metrics": {key: value for key, value in self.metrics.items() if key != "format_version"},
            "timings": self.timings,
            "forward_passes": self.forward_passes,
            "decodes": self.decodes,
            "warnings": self.warnings,
            "already_done": self.already_done,
        }


def fit_run(
    data: Path,
    out: Path,
    *,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    home: Home | None = None,
    progress: Progress | None = None,
    startup: float = 0.0,
) -> FitResult:
    """Fit and evaluate; see ``medgraft.fit``. ``startup``: seconds that the process took to come here."""
    progress, home = progress or Progress(), home or Home.find()
    config = resolve_config(file, sets, flags)
    seconds, began = {"startup": startup}, time.monotonic() - startup
    work, done = build_workspace(data, out, config, home=home, progress=progress, overwrite=overwrite)
    if done:
        return _result(work, progress, already_done=True)
    work.seconds = seconds
    try:
        embedding_stage(work)
        with work.timed("split"):
            split_stage(work)
        if work.teacher is not None and work.split is not None:
            work.teacher.require_unseen(work.split.test, progress)
    except MedgraftError:
        work.run.withdraw()
        raise
    with work.timed("audit"):
        audit_stage(work)
    _LEARNING[work.cohort.target](work, began)
    with work.timed("report"):
        render_report(work.run.path)
    timings = {name: round(value, 4) for name, value in work.seconds.items()}
    write_json(
        work.run / "timings.json",
        {"seconds": timings, "forward_passes": work.forward_passes, "decodes": work.decodes, "facts": work.facts},
    )
    return _result(work, progress)


def _learn_and_judge(work: Workspace, began: float) -> None:
    """From the split to the numbers; ``began``: when the process did, by ``time.monotonic``."""
    evaluation, budget = work.config.evaluation, work.config.search.budget
    if budget is not None:
        with work.timed("choose"):
            choosing_stage(work, began)
    with work.timed("compare"):
        comparators = comparators_stage(work)
    if evaluation.learning_curve or (budget is not None and evaluation.learning_curve is None):
        with work.timed("curve"):
            learning_stage(work)
    with work.timed("head"):
        transfer_stage(work)
    with work.timed("trust"):
        trust_stage(work)
    tell_seen(work.job.backbone.facts, work.of_parts("test"), "test cases", home=work.home, progress=work.progress)
    with work.timed("evaluate"):
        loso_stage(work)
        evaluation_stage(work)
        fusion_stage(work)
        subgroup_stage(work)
        slices_stage(work)
        comparison_stage(work, comparators)
    with work.timed("explain"):
        explanation_stage(work)


def _learn_outlines(work: Workspace, began: float) -> None:
    """The same for masks."""
    from medgraft.experiment.outlining import learn_and_judge_outlines

    learn_and_judge_outlines(work)


def _learn_boxes(work: Workspace, began: float) -> None:
    """The same for boxes."""
    from medgraft.experiment.detecting import learn_and_judge_boxes

    learn_and_judge_boxes(work, work.cohort.boxes or {}, work.config.detection)


_LEARNING: dict[Target, Callable[[Workspace, float], None]] = {
    "labels": _learn_and_judge,
    "masks": _learn_outlines,
    "boxes": _learn_boxes,
}


def _result(work: Workspace, progress: Progress, *, already_done: bool = False) -> FitResult:
    """Read back what the run folder says, so that what is shown is what was written."""
    run: RunFolder = work.run
    metrics, record = read_json(run / "metrics.json"), read_json(run / "timings.json")
    split = read_json(run / "split.json")
    if "_meta" not in metrics:
        raise MedgraftError(f"reading {run / 'metrics.json'}: it has no _meta; fit again with --overwrite")
    return FitResult(
        run=run.path,
        metrics=metrics,
        timings=record["seconds"],
        forward_passes=0 if already_done else record["forward_passes"],
        decodes=0 if already_done else record["decodes"],
        warnings=[*progress.notices, *metrics["_meta"]["warnings"]],
        already_done=already_done,
        kind=work.cohort.kind,
        cases={part: len(split[part]) for part in ("train", "val", "test")},
        quarantined=[(item.path, item.reason) for item in work.cohort.quarantined],
    )
