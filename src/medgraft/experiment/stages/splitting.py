"""Stages: who belongs together, what is wrong with the data, and who is in train, val and test."""

from __future__ import annotations

from medgraft.data.cohort.split import make_split
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.insight.audit.audit import run_audit
from medgraft.insight.audit.duplicates import case_groups

__all__ = ["audit_stage", "split_stage"]


def split_stage(work: Workspace) -> None:
    """Group cases by patient and duplicate, split, write ``split.json``."""
    facts = work.embedding.facts if work.embedding is not None else []
    work.groups = case_groups(work.cohort.table, [None if fact is None else fact.pixel_hash for fact in facts])
    shares = work.config.split
    work.split = make_split(
        work.cohort,
        work.groups,
        seed=work.config.seed,
        fractions=(shares.train, shares.val, shares.test),
        on_leak=shares.on_leak,
        need_val=not work.cohort.has_given_split or type(work.strategy).needs_validation,
    )
    for note in work.split.notes:
        work.progress.notice(note)
    if work.split.dropped:
        work.progress.notice(
            f"{len(work.split.dropped)} cases also stood in a later part (same patient or same pixels) and were taken "
            "out of the earlier one"
        )
    if work.split.leaking:
        work.progress.notice(
            "leaking split: cases of one patient, or copies, stand on both sides: do not trust its numbers"
        )
    write_json(work.run / "split.json", work.split.to_json())


def audit_stage(work: Workspace) -> None:
    """Write ``audit.json``; reasons only, no paths."""
    embedding = work.embedding
    facts = embedding.facts if embedding is not None else []
    known = {
        str(case): fact for case, fact in zip(work.cohort.table["case_id"], facts, strict=True) if fact is not None
    }
    write_json(work.run / "audit.json", run_audit(work.cohort, known, work.split))
    if work.cohort.quarantined:
        work.progress.notice(f"{len(work.cohort.quarantined)} cases were set aside; reasons in audit.json")
