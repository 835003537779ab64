"""``evaluate`` of a run that outlines: pictures or volumes with masks from another site, outlined and scored.

The measures, intervals and files are those of ``fit``: rows of ``outlines.parquet`` and a part of ``metrics.json``.
Structures are joined by name. One that the masks of the data do not know at all is not judged: that nobody outlined it
does not mean that it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import CohortError, UsageError
from medgraft.experiment.build import choose_device
from medgraft.experiment.config import FitConfig
from medgraft.experiment.run import RunFolder
from medgraft.experiment.seen import tell_seen
from medgraft.experiment.stages.admission import lost_cases, outlined_alike, tell_lost, unseen
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.external_part import external_part, keep_metrics
from medgraft.experiment.stages.outline_robustness import (
    OutlinesEvaluated,
    attacks_stage,
    outline_corruptions_stage,
)
from medgraft.experiment.stages.outlines import Outlined, Outlining, StudyReader, kept_of
from medgraft.experiment.stages.recalibrating import NewSite
from medgraft.experiment.stages.robustness import require_pictures
from medgraft.experiment.stages.workspace import read_told
from medgraft.experiment.tables import read_table, write_table
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.measure.segmentation.evaluation import empty_counts, evaluate_outlines
from medgraft.progress import Progress
from medgraft.transfer.robustness.robust_outlines import OutlineTrial
from medgraft.transfer.segmentation.bundle import OutlineBundle, read_outline_bundle
from medgraft.use.report.render import render_report

__all__ = ["evaluate_outlined", "judged_names", "masked"]


def evaluate_outlined(
    run: Path,
    data: Path,
    *,
    options: CohortOptions | None = None,
    name: str | None = None,
    on_leak: str = "drop",
    corruptions: bool = False,
    attacks: bool = False,
    site: NewSite | None = None,
    tables: FitConfig | None = None,
    device: str = "auto",
    seed: int = 0,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """The same as ``evaluate_run`` for a run that outlines; ``trust`` is empty, and there is nothing to recalibrate.
    With ``attacks`` also ``attacks``: Dice on attacked pictures (see the stage)."""
    progress, home, reader, folder = progress or Progress(), home or Home.find(), ImageReader(), RunFolder(run)
    _require_outlines(site or NewSite(), tables)
    metrics, split = read_json(folder / "metrics.json"), read_json(folder / "split.json")
    bundle = read_outline_bundle(run)
    cohort = read_told(data, masked(options or CohortOptions()), home, reader, progress)
    part = external_part(metrics, name or cohort.name, overwrite=overwrite)
    cohort = unseen(outlined_alike(cohort, bundle.task), folder, split, on_leak, progress)
    if bundle.backbone is not None:
        tell_seen(bundle.backbone, cohort.table, "cases", home=home, progress=progress)
    names = judged_names(bundle, cohort, progress)
    studies = StudyReader(cohort, reader, bundle.task.labels)
    if corruptions or attacks:
        require_pictures(cohort.table)
    device, failures = choose_device(device), dict[int, str]()
    judge = Outlining(studies, bundle, kept_of(folder), device, names)
    outlined = judge.judged(dict.fromkeys(range(len(cohort)), part), progress, failures)
    lost = _lost(cohort, failures, progress)
    groups, replicates = patient_numbers(cohort.table["patient_id"].iloc[outlined.rows]), _replicates(metrics)
    found = evaluate_outlines(outlined.scores, groups=groups, seed=seed, replicates=replicates)
    trial = OutlineTrial(bundle.outliner(device), names, seed)
    given = OutlinesEvaluated(part, studies, outlined.rows, trial, replicates)
    besides = {"robustness": outline_corruptions_stage(folder, given, progress)} if corruptions else {}
    besides |= {"attacks": attacks_stage(folder, given, progress)} if attacks else {}
    _join_rows(folder, part, outlined)
    told = [*(text for text in progress.notices if text not in cohort.notes), *_other_unit(metrics["_meta"], outlined)]
    empty = {**metrics["_meta"].get("empty", {}), part: empty_counts(outlined.scores)}
    keep_metrics(folder, {**metrics, "_meta": {**metrics["_meta"], "empty": empty}}, part, found, told)
    render_report(run)
    written = read_json(folder / "metrics.json")[part]
    told = list(progress.notices)
    return {"split": part, "metrics": written, "trust": {}, "warnings": told, "set_aside": lost, **besides}


def _replicates(metrics: Mapping[str, Any]) -> int:
    return int(metrics["_meta"]["bootstrap_replicates"])


def masked(options: CohortOptions) -> CohortOptions:
    """DATA is read for its masks, unless something else is asked for."""
    return options.model_copy(update={"task": "segmentation"}) if options.task == "auto" else options


def judged_names(bundle: OutlineBundle, cohort: Cohort, progress: Progress) -> dict[int, str]:
    """The structures of the run that the masks know, by the run's id; the others are told."""
    known = set(cohort.classes)
    missing = [label for label in bundle.task.labels if label not in known]
    if missing:
        progress.notice(
            f"the masks do not know {', '.join(missing)}: not judged; if it was looked for and is in none of these "
            "cases, name it with --mask-values"
        )
    return {number: label for number, label in bundle.task.names.items() if label in known}


def _require_outlines(site: NewSite, tables: FitConfig | None) -> None:
    """Told before anything is read."""
    if tables is not None and (tables.evaluation.by or tables.clinical.file is not None):
        raise UsageError(
            "evaluating a run that outlines: --by and --clinical are for runs that give labels; leave them out"
        )
    if site.labelled or site.prevalence is not None:
        raise UsageError(
            "evaluating a run that outlines: --recalibrate and --prevalence bring probabilities of classes to a site, "
            "and an outline has none; leave them out"
        )


def _lost(cohort: Cohort, failures: Mapping[int, str], progress: Progress) -> list[tuple[str, str]]:
    """(path, reason) of every case that has no number."""
    lost = lost_cases(cohort, failures)
    tell_lost(lost, progress)
    if len(failures) == len(cohort):
        raise CohortError(f"evaluating {cohort.name}: none of its cases can be read")
    return lost


def _join_rows(folder: RunFolder, part: str, outlined: Outlined) -> None:
    """``outlines.parquet`` with the part, in place of an earlier one of that name."""
    before = read_table(folder / "outlines.parquet")
    kept = before[before["split"] != part]
    write_table(folder / "outlines.parquet", pd.concat([kept, outlined.table], ignore_index=True))


def _other_unit(meta: Mapping[str, Any], outlined: Outlined) -> list[str]:
    """Where sizes are not counted as in the run's own cases."""
    units = sorted(set(outlined.table["size_unit"].astype(str)))
    if units == [meta.get("unit")]:
        return []
    return [f"sizes are in {' and '.join(units)}, in the run's own cases in {meta.get('unit')}: do not compare them"]
