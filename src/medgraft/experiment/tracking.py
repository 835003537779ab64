"""``track``: the outlines of one patient's studies, and what they say over time.

Only days since the first study are kept: no date, path, number or picture of the patient is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.data.imaging.dicom.study_days import days_between
from medgraft.errors import ReaderError, UsageError
from medgraft.experiment.tables import write_csv
from medgraft.files import write_json
from medgraft.progress import Progress
from medgraft.use.clinical.follow_up import Study, follow_up, follow_up_rows
from medgraft.use.clinical.response import rule_named
from medgraft.use.prediction.segmented import Segmented
from medgraft.use.report.follow_up_page import render_follow_up

__all__ = ["Tracked", "track_studies"]


@dataclass(frozen=True)
class Tracked:
    """``content``: what ``follow-up.json`` holds; ``page``: ``follow-up.html`` beside it."""

    content: dict[str, Any]
    page: Path
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return {**self.content, "page": str(self.page), "warnings": self.warnings}


def track_studies(
    studies: Sequence[Path],
    segment: Callable[[Path], Segmented],
    *,
    out: Path,
    days: Sequence[int] | None = None,
    rule: str = "recist",
    relative_sd: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Tracked:
    """Write ``follow-up.json``, ``follow-up.csv`` and ``follow-up.html`` into ``out``.

    ``segment`` gives the outlines of a study; ``days`` of each study, in the order of ``studies``, from any day on;
    where not given they are asked of DICOM. ``relative_sd``: error of one measurement by structure, where it is known.
    Raises ``UsageError``, ``DataError``, and what ``segment`` raises.
    """
    progress, chosen = progress or Progress(), rule_named(rule)
    missing = [str(path) for path in studies if not path.exists()]
    if missing:
        raise UsageError(f"following up: no such file or folder: {', '.join(missing[:5])}")
    if len(studies) < 2:
        raise UsageError(f"following up: got {len(studies)} study; two at least are needed")
    when = _days(studies, days, progress)
    ordered = sorted(zip(when, studies, strict=True), key=lambda pair: pair[0])
    if [path for _, path in ordered] != list(studies):
        progress.notice("the studies were not given in the order of their days; they are put in order")
    found = [
        Study(day, _outlined(path, segment))
        for day, path in progress.track(ordered, total=len(ordered), label="outlining")
    ]
    content = follow_up(found, chosen, relative_sd=relative_sd)
    write_json(out / "follow-up.json", content)
    write_csv(out / "follow-up.csv", pd.DataFrame(follow_up_rows(content)))
    return Tracked(content, render_follow_up(out), list(progress.notices))


def _days(studies: Sequence[Path], given: Sequence[int] | None, progress: Progress) -> list[int]:
    """Since the first study. Those given beat those of the files, and a difference is told."""
    if given is not None and len(given) != len(studies):
        raise UsageError(f"--days: got {len(given)} for {len(studies)} studies; one a study is needed")
    told = days_between(studies)
    if given is None:
        if told is None:
            raise UsageError(
                "following up: the studies do not all say their date (only DICOM does); give --days, as in --days 0,90"
            )
        return told
    days = [int(day) - min(given) for day in given]
    if told is not None and told != days:
        progress.notice(f"--days says {days} and the files say {told}; --days is used")
    return days


def _outlined(path: Path, segment: Callable[[Path], Segmented]) -> Segmented:
    try:
        return segment(path)
    except ReaderError as error:
        raise ReaderError(f"outlining {path}: {error}") from error
