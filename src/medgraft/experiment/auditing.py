"""``audit``: what is wrong with DATA, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.experiment.run import require_empty
from medgraft.experiment.stages.embedding import without_failures
from medgraft.experiment.stages.splitting import identifiers_of, known_patients
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.experiment.tables import write_table
from medgraft.files import write_json
from medgraft.home import Home
from medgraft.insight.audit.alignment import stacked_grey
from medgraft.insight.audit.audit import Evidence, run_audit
from medgraft.insight.audit.duplicates import case_groups
from medgraft.insight.audit.near_pairs import find_near_pairs
from medgraft.progress import Progress
from medgraft.source.embedding.cases import embed_cases
from medgraft.use.report.audit_page import render_audit

__all__ = ["AuditResult", "audit_data"]

_SERIOUS = ("duplicates", "patients_across_splits", "label_conflicts", "quarantined", "shortcuts")


@dataclass(frozen=True)
class AuditResult:
    """``audit`` is the content of ``audit.json``; ``set_aside`` has (path, reason), for the terminal only."""

    audit: dict[str, Any]
    kind: str
    cases: int
    set_aside: list[tuple[str, str]]
    warnings: list[str]
    page: Path | None = None

    @property
    def serious(self) -> int:
        """How many findings ``--strict`` counts: leaks, conflicts, unreadable files, shortcuts."""
        return sum(len(self.audit[section]) for section in _SERIOUS)

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``: the audit, with the paths of what was set aside."""
        found = {key: value for key, value in self.audit.items() if key != "format_version"}
        paths = [{**item, "path": path} for item, (path, _) in zip(found["quarantined"], self.set_aside, strict=True)]
        return {**found, "quarantined": paths, "cases": self.cases, "warnings": self.warnings}


def audit_data(
    data: Path,
    *,
    out: Path | None = None,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> AuditResult:
    """Read and embed DATA, and run every check; labels and splits are used where they are there.

    ``out`` is a folder for ``audit.json``, ``audit.html`` and ``private/`` (thumbnails, links).
    """
    progress, home, reader = progress or Progress(), home or Home.find(), ImageReader()
    require_empty(out, overwrite=overwrite)
    config = resolve_config(file, sets, flags)
    cohort = read_cohort(data, config.data, home=home, reader=reader, progress=progress)
    pictures = pictures_of(cohort.table)
    job, preprocessing = build_source(config, pictures, home, reader)
    result = embed_cases(pictures, job, preprocessing, reader=reader, engine=config.engine, progress=progress)
    cohort, result = without_failures(cohort, result)
    grey = stacked_grey([b"" if fact is None else fact.thumbnail for fact in result.facts])
    near = find_near_pairs(result.pooled, result.facts, known_patients(cohort.table), grey)
    hashes = [None if fact is None else fact.pixel_hash for fact in result.facts]
    groups = case_groups(cohort.table, hashes, [(pair.first, pair.second) for pair in near])
    cases = cohort.table["case_id"].astype(str).tolist()
    facts = {case: fact for case, fact in zip(cases, result.facts, strict=True) if fact is not None}
    evidence = Evidence(near, result.features, groups, identifiers_of(cohort.table), grey)
    audit = run_audit(cohort, facts, None, evidence)
    page = None
    if out is not None:
        write_json(out / "audit.json", audit)
        write_table(out / "private" / "links.parquet", cohort.links(), private=True)
        pairs = [(case, fact.thumbnail) for case, fact in facts.items()]
        write_table(
            out / "private" / "thumbnails.parquet", pd.DataFrame(pairs, columns=["case_id", "jpeg"]), private=True
        )
        page = render_audit(out, title=cohort.name)
    set_aside = [(item.path, item.reason) for item in cohort.quarantined]
    return AuditResult(audit, cohort.kind, len(cohort), set_aside, list(progress.notices), page)
