"""What the stages of one ``fit`` share: the settings as objects, and the results so far.

``build.py`` makes it; each stage fills in its part and writes the artefacts of the same name.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.table import ClinicalRows
from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.cohort.split import Split
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.experiment.config import FitConfig
from medgraft.experiment.run import RunFolder
from medgraft.experiment.teacher import Teacher
from medgraft.home import Home
from medgraft.insight.audit.near_pairs import NearPair
from medgraft.progress import Progress
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.selection.site_out import LeftSiteOut
from medgraft.transfer.strategies.strategy import OutOfFold, Strategy, Transferred
from medgraft.transfer.tasks.task import Task

__all__ = ["Workspace", "pictures_of", "read_told"]


def pictures_of(table: pd.DataFrame) -> list[Picture]:
    """Where the pixels of each row are."""
    columns = zip(table["path"], table["member"], table["sha256"], strict=True)
    return [Picture(Path(path), member, digest) for path, member, digest in columns]


def read_told(data: Path, options: CohortOptions, home: Home, reader: ImageReader, progress: Progress) -> Cohort:
    """The cases of one argument, with its notes told."""
    cohort = read_cohort(data, options, home=home, reader=reader, progress=progress)
    for note in cohort.notes:
        progress.notice(note)
    return cohort


@dataclass
class Workspace:
    """Settings first; then one field for what each stage gives."""

    run: RunFolder
    config: FitConfig
    home: Home
    reader: ImageReader
    progress: Progress
    cohort: Cohort
    task: Task
    job: Job
    preprocessing: Preprocessing
    strategy: Strategy
    teacher: Teacher | None = None
    clinical: ClinicalRows | None = None
    by: pd.DataFrame | None = None
    embedding: CaseEmbedding | None = None
    groups: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    near: list[NearPair] = field(default_factory=list)
    grey: NDArray[np.uint8] | None = None
    split: Split | None = None
    transferred: Transferred | None = None
    bundle: Bundle | None = None
    out_of_fold: OutOfFold | None = None
    honest: NDArray[np.float64] | None = None
    trust: dict[str, Any] = field(default_factory=dict)
    left_site_out: LeftSiteOut | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: dict[str, float] = field(default_factory=dict)
    forward_passes: int = 0
    decodes: int = 0

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the wall time of the block to ``stage``."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began

    def of_parts(self, *names: str) -> pd.DataFrame:
        """The rows of the cohort's table that are in these parts."""
        return self.cohort.table[[part in names for part in self.parts()]]

    def parts(self) -> list[str | None]:
        """train, val, test or ``None`` (taken out) for each row of the cohort."""
        known = self.split.part_of() if self.split is not None else {}
        return [known.get(str(case)) for case in self.cohort.table["case_id"]]
