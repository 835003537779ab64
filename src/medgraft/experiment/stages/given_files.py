"""The cases in what a verb that answers was given: files, folders, tables and archives, for every kind of task alike.

A folder is read as a cohort is (a DICOM series in it is one case), a table or an ``.npz`` stands for all the pictures
that it lists or holds, every other file for itself. Nothing is lost: what cannot be used comes with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from medgraft.data.cohort.cohort import Quarantined
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_pictures
from medgraft.data.cohort.tabular import TABLE_SUFFIXES
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError
from medgraft.experiment.stages.workspace import read_told
from medgraft.home import Home
from medgraft.progress import Progress

__all__ = ["GivenCases", "read_given"]

_SEVERAL = (".npz", *TABLE_SUFFIXES)
"""Files that stand for several pictures."""
_SPREADSHEETS = (".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class GivenCases:
    """``table``: a row a case, as of a cohort; ``lost``: what never became one."""

    table: pd.DataFrame
    lost: tuple[Quarantined, ...]


def read_given(
    files: Sequence[Path], options: CohortOptions, home: Home, reader: ImageReader, progress: Progress
) -> GivenCases:
    """The cases of ``files``; labels are not needed. Raises ``UsageError`` for what is not there or is a spreadsheet,
    ``CohortError`` for a folder, table or archive without a case that can be used."""
    missing = [str(file) for file in files if not file.exists()]
    if missing:
        raise UsageError(f"predicting: no such file or folder: {', '.join(missing[:5])}")
    for file in files:
        if file.is_file() and file.suffix.lower() in _SPREADSHEETS:
            raise UsageError(
                f"predicting: {file} is a spreadsheet; pictures, folders, .npz or tables ({', '.join(TABLE_SUFFIXES)}) "
                "are needed: save it as CSV"
            )
    single = [file for file in files if file.is_file() and file.suffix.lower() not in _SEVERAL]
    cohorts = [read_pictures(single, home=home, reader=reader, progress=progress)] if single else []
    cohorts += [read_told(file, options, home, reader, progress) for file in files if file not in single]
    table = pd.concat([cohort.table for cohort in cohorts], ignore_index=True)
    return GivenCases(table, tuple(item for cohort in cohorts for item in cohort.quarantined))
