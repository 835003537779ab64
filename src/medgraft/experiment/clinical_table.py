"""The clinical table of a run: read and joined before anything is computed, so that a wrong column costs nothing."""

from __future__ import annotations

import pandas as pd

from medgraft.data.clinical.answers import answering_columns
from medgraft.data.clinical.table import ClinicalRows, read_clinical
from medgraft.data.cohort.cohort import Cohort
from medgraft.errors import CohortError, ConfigError, LeakageError
from medgraft.experiment.config import FitConfig
from medgraft.progress import Progress

__all__ = ["clinical_rows"]

FEWEST = 10
"""Cases of a class with a row, below which nothing can be learnt from the table."""


def clinical_rows(config: FitConfig, cohort: Cohort, progress: Progress) -> tuple[ClinicalRows | None, str | None]:
    """The rows of the cohort's cases, and the digest of the table; ``None`` where none was given.

    A column that equals the label goes by the leak policy: it is left out and told (drop), refused (error), or kept and
    told (keep). Raises ``CohortError`` where a class has too few rows, ``ConfigError`` for several labels a case.
    """
    options = config.clinical
    if options.file is None:
        return None, None
    if cohort.multi_label:
        raise ConfigError(
            "--clinical with several labels a case: image and table are joined for one label a case; give one of "
            "them with --label-col"
        )
    table = read_clinical(options.file.expanduser(), options)
    rows = table.joined(cohort.table)
    for note in rows.notes:
        progress.notice(note)
    rows = _without_answers(rows, cohort.table["label"], config.split.on_leak, progress)
    found = cohort.table["label"][rows.found].value_counts()
    scarce = [label for label in cohort.classes if int(found.get(label, 0)) < FEWEST]
    if scarce:
        raise CohortError(
            f"joining the table {options.file}: fewer than {FEWEST} cases of {', '.join(scarce)} have a row; "
            "give rows for more patients, or leave --clinical out"
        )
    return rows, table.digest()


def _without_answers(rows: ClinicalRows, labels: pd.Series, policy: str, progress: Progress) -> ClinicalRows:
    told = answering_columns(rows, labels.to_numpy(dtype=object))
    if not told:
        return rows
    what = f"the clinical column {', '.join(told)} equals the label in every case"
    if policy == "error":
        raise LeakageError(f"{what}; leave it out of clinical.columns, or use --on-leak drop")
    if policy == "keep":
        progress.notice(f"leak kept: {what}")
        return rows
    if len(told) == len(rows.columns):
        raise LeakageError(f"{what}, and there is no other column; a table without the answer is needed")
    progress.notice(f"{what} and is left out")
    return rows.without(told)
