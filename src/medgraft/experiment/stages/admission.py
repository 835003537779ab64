"""Stage of ``evaluate`` and ``adapt``: which cases of other data a run is judged on, and how the others are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from medgraft.data.cohort.cohort import Cohort
from medgraft.errors import CohortError, LeakageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.tables import read_table
from medgraft.progress import Progress
from medgraft.registry import nearest
from medgraft.transfer.tasks.task import Task

__all__ = ["boxed_alike", "labelled_alike", "lost_cases", "outlined_alike", "tell_lost", "unseen"]


def labelled_alike(cohort: Cohort, task: Task) -> Cohort:
    """The labelled cases; their labels must be classes of the run."""
    table, labels = cohort.table, task.labels
    if not table["label"].notna().any():
        raise CohortError("evaluating: the data have no labels; use `medgraft predict`, or name the --label-col")
    several = task.kind == "multi-label"
    if several != cohort.multi_label:
        got, needed = ("one label", "several, " + ", ".join(labels)) if several else ("several labels", "one")
        raise CohortError(f"evaluating: the data have {got} a case, and this run {needed}: name them with --label-col")
    if several:
        known = (task.targets(table) >= 0).any(axis=1)
        if not known.any():
            raise CohortError(
                f"evaluating: none of this run's labels ({', '.join(labels)}) is known of any case; the data have "
                f"{', '.join(cohort.classes)}"
            )
        return replace(cohort, table=table.iloc[np.flatnonzero(known)].reset_index(drop=True))
    unknown = sorted(set(table["label"].dropna().astype(str)) - set(labels))
    if unknown:
        raise CohortError(
            f"evaluating: the labels {', '.join(map(repr, unknown[:5]))} are not classes of this run "
            f"({', '.join(labels)}){nearest(unknown[0], labels)}; map them with --label-map {unknown[0]}={labels[0]},…"
        )
    return replace(cohort, table=table[table["label"].notna()].reset_index(drop=True))


def outlined_alike(cohort: Cohort, task: Task) -> Cohort:
    """The cases with masks; what these hold must be structures of the run."""
    legend = cohort.legend
    if legend is None:
        raise CohortError(
            "evaluating: the run outlines, and the data have no masks; put them beside the pictures (images/ and "
            "masks/), or name their column with --mask-col"
        )
    unknown = [name for name in legend.names if name not in task.labels]
    if unknown:
        pairs = [*legend.parts.items(), *((str(value), number) for value, number in legend.values.items())]
        stored = {number: value for value, number in pairs}
        first = stored[legend.names.index(unknown[0]) + 1]
        raise CohortError(
            f"evaluating: the masks hold {', '.join(map(repr, unknown[:5]))}, which this run does not outline "
            f"({', '.join(task.labels)}){nearest(unknown[0], task.labels)}; name all that they hold as the run does, "
            f"as in --mask-values {first}={task.labels[0]}, or {first}=background for what is not to be judged"
        )
    return cohort


def boxed_alike(cohort: Cohort, task: Task) -> Cohort:
    """The cases with boxes; their labels must be classes of the run."""
    if cohort.boxes is None:
        raise CohortError(
            "evaluating: the run finds boxes, and the data have none; put them beside the pictures (boxes.csv, COCO or "
            "Pascal VOC), or name their table with --table"
        )
    unknown = sorted(set(cohort.classes) - set(task.labels))
    if unknown:
        raise CohortError(
            f"evaluating: the boxes are of {', '.join(map(repr, unknown[:5]))}, which this run does not find "
            f"({', '.join(task.labels)}){nearest(unknown[0], task.labels)}; map them with --label-map "
            f"{unknown[0]}={task.labels[0]},…"
        )
    return cohort


def unseen(cohort: Cohort, folder: RunFolder, split: Mapping[str, Any], on_leak: str, progress: Progress) -> Cohort:
    """The cases whose picture and patient had no part in training, or what ``on_leak`` says."""
    table, seen = cohort.table, read_table(folder / "cohort.parquet")
    seen = seen[seen["case_id"].isin([*split["train"], *split["val"]])]
    known = table["case_id"].isin(seen["case_id"]) | table["patient_id"].isin(seen["patient_id"].dropna())
    if not known.any():
        return cohort
    found = f"{int(known.sum())} cases took part in training (same picture or patient id)"
    if on_leak == "error":
        raise LeakageError(
            f"evaluating: {found}, and --on-leak error does not allow it; take them out, or --on-leak drop"
        )
    if on_leak == "keep":
        progress.notice(f"leaking: {found} and are kept, as --on-leak keep asks")
        return cohort
    progress.notice(
        f"{found} and are left out; if another hospital only happens to use the same ids, --on-leak keep keeps them"
    )
    if known.all():
        raise CohortError("evaluating: every case took part in training; give data that the run has not seen")
    return replace(cohort, table=table[~known].reset_index(drop=True))


def lost_cases(cohort: Cohort, failures: Mapping[int, str]) -> list[tuple[str, str]]:
    """(path, reason) of every case that has no number: set aside when it was read, or with a reason by its row."""
    lost = [(item.path, item.reason) for item in cohort.quarantined]
    return lost + [(str(cohort.table["path"].iloc[row]), reason) for row, reason in sorted(failures.items())]


def tell_lost(lost: Sequence[tuple[str, str]], progress: Progress, whose: str = "") -> None:
    """A notice that counts them; ``whose``: as in " of the target"."""
    if lost:
        progress.notice(f"{len(lost)} cases{whose} could not be used and are left out")
