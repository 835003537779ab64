"""``evaluate`` of a run that finds boxes: pictures with boxes from another site, looked at and scored.

The measures, intervals and files are those of ``fit``: true boxes join ``boxes.parquet``, the others
``predicted_boxes.parquet``, and a part joins ``metrics.json``. The score from which a box is called is the run's own.
A class of the run without a true box in these data has no numbers of its own, and is not in the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.outlines.box_frame import box_frame, read_boxes, write_boxes
from medgraft.data.outlines.boxes import Boxes
from medgraft.errors import CohortError, UsageError
from medgraft.experiment.build import choose_device
from medgraft.experiment.config import FitConfig
from medgraft.experiment.run import RunFolder
from medgraft.experiment.seen import tell_seen
from medgraft.experiment.stages.admission import boxed_alike, lost_cases, tell_lost, unseen
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.external_part import external_part, keep_metrics
from medgraft.experiment.stages.predicted_boxes import all_predicted, predicted_boxes
from medgraft.experiment.stages.recalibrating import NewSite
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.experiment.tables import read_table, write_table
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.measure.detection.evaluation import box_counts, evaluate_boxes
from medgraft.progress import Progress
from medgraft.transfer.detection.decoding import Candidates, image_boxes
from medgraft.use.prediction.box_finder import BoxFinder
from medgraft.use.report.render import render_report

__all__ = ["evaluate_boxed"]


def evaluate_boxed(
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
    """The same as ``evaluate_run`` for a run that finds boxes; ``trust`` is empty. What is not defined for boxes
    (``corruptions``, ``attacks``, ``site``, ``tables``) is refused."""
    progress, home, reader, folder = progress or Progress(), home or Home.find(), ImageReader(), RunFolder(run)
    _require_boxes(site or NewSite(), tables, corruptions=corruptions, attacks=attacks)
    metrics, split = read_json(folder / "metrics.json"), read_json(folder / "split.json")
    finder = BoxFinder.load(run, device=choose_device(device))
    cohort = read_told(data, _boxed(options or CohortOptions()), home, reader, progress)
    part = external_part(metrics, name or cohort.name, overwrite=overwrite)
    cohort = unseen(boxed_alike(cohort, finder.bundle.task), folder, split, on_leak, progress)
    tell_seen(finder.bundle.trained.backbone, cohort.table, "cases", home=home, progress=progress)
    looked, failures = _look(finder, cohort, reader, progress)
    lost = lost_cases(cohort, failures)
    tell_lost(lost, progress)
    measured, counts = looked.judged(seed, int(metrics["_meta"]["bootstrap_replicates"]))
    told = [text for text in progress.notices if text not in cohort.notes]
    told += [f"no box of {label}" for label, one in counts.items() if not one["boxes"]]
    looked.join(folder, part)
    boxes = {**metrics["_meta"]["boxes"], part: counts}
    keep_metrics(folder, {**metrics, "_meta": {**metrics["_meta"], "boxes": boxes}}, part, measured, told)
    render_report(run)
    written = read_json(folder / "metrics.json")[part]
    return {"split": part, "metrics": written, "trust": {}, "warnings": list(progress.notices), "set_aside": lost}


def _boxed(options: CohortOptions) -> CohortOptions:
    """DATA is read for its boxes, unless something else is asked for."""
    return options.model_copy(update={"task": "detection"}) if options.task == "auto" else options


def _require_boxes(site: NewSite, tables: FitConfig | None, *, corruptions: bool, attacks: bool) -> None:
    """Told before anything is read."""
    asked = {
        "--corruptions": corruptions,
        "--attacks": attacks,
        "--recalibrate": bool(site.labelled),
        "--prevalence": site.prevalence is not None,
        "--by": bool(tables and tables.evaluation.by),
        "--clinical": tables is not None and tables.clinical.file is not None,
    }
    named = [option for option, given in asked.items() if given]
    if named:
        raise UsageError(f"evaluating a run that finds boxes: {', '.join(named)} is not for boxes; leave it out")


@dataclass(frozen=True)
class _Looked:
    """``kept``: the boxes of each row of the cohort that was looked at."""

    cohort: Cohort
    labels: Sequence[str]
    kept: Mapping[int, Candidates]

    @property
    def cases(self) -> list[str]:
        """The ids of the rows."""
        return [str(case) for case in self.cohort.table["case_id"].iloc[list(self.kept)]]

    @property
    def truths(self) -> list[Boxes]:
        """Of each case; one that nobody gave a box has none."""
        known = self.cohort.boxes or {}
        return [known.get(case, Boxes()) for case in self.cases]

    def judged(self, seed: int, replicates: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The numbers, and how many boxes there are. Raises ``CohortError`` without a true box."""
        truths = self.truths
        if not any(truths):
            raise CohortError(f"evaluating {self.cohort.name}: none of its cases that can be read has a box")
        pairs = zip(truths, self.kept.values(), strict=True)
        images = [image_boxes(truth.by_label(), one, self.labels) for truth, one in pairs]
        groups = patient_numbers(self.cohort.table["patient_id"].iloc[list(self.kept)])
        measured = evaluate_boxes(images, self.labels, groups=groups, seed=seed, replicates=replicates)
        return measured, box_counts(images, self.labels)

    def join(self, folder: RunFolder, part: str) -> None:
        """Both tables of boxes with the part, in place of an earlier one of that name."""
        told, truth = read_table(folder / "predicted_boxes.parquet"), read_boxes(folder / "boxes.parquet")
        rows = [
            predicted_boxes(case, one, self.labels, part)
            for case, one in zip(self.cases, self.kept.values(), strict=True)
        ]
        write_table(folder / "predicted_boxes.parquet", all_predicted([told[told["split"] != part], *rows]))
        fresh = box_frame(dict(zip(self.cases, self.truths, strict=True)))
        kept = truth[~truth["case_id"].isin(np.array(self.cases, dtype=object))]
        write_boxes(folder / "boxes.parquet", pd.concat([kept, fresh], ignore_index=True))


def _look(finder: BoxFinder, cohort: Cohort, reader: ImageReader, progress: Progress) -> tuple[_Looked, dict[int, str]]:
    """What is found in each picture, and why the others cannot be looked at, by row."""
    found = dict(enumerate(finder.kept(pictures_of(cohort.table), reader=reader, progress=progress)))
    failures = {row: one for row, one in found.items() if isinstance(one, str)}
    kept = {row: one for row, one in found.items() if not isinstance(one, str)}
    return _Looked(cohort, finder.bundle.task.labels, kept), failures
