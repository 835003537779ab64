"""Stages: who belongs together, what is wrong with the data, and who is in train, val and test."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from medgraft.data.cohort.split import make_split
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.insight.audit.alignment import stacked_grey
from medgraft.insight.audit.audit import Evidence, run_audit
from medgraft.insight.audit.duplicates import case_groups
from medgraft.insight.audit.metadata import found as identifying_kinds
from medgraft.insight.audit.near_pairs import find_near_pairs

__all__ = ["audit_stage", "identifiers_of", "known_patients", "split_stage"]


def split_stage(work: Workspace) -> None:
    """Group cases by patient and duplicate, split, write ``split.json``.

    Near-duplicates are kept together where the split is made here; in a given one they are reported only.
    """
    facts = work.embedding.facts if work.embedding is not None else []
    if work.embedding is not None:
        work.grey = stacked_grey([b"" if fact is None else fact.thumbnail for fact in facts])
        work.near = find_near_pairs(work.embedding.pooled, facts, known_patients(work.cohort.table), work.grey)
    pairs = [] if work.cohort.has_given_split else [(pair.first, pair.second) for pair in work.near]
    hashes = [None if fact is None else fact.pixel_hash for fact in facts]
    work.groups = case_groups(work.cohort.table, hashes, pairs)
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
    evidence = Evidence(
        near=work.near,
        features=embedding.features if embedding is not None else None,
        groups=work.groups,
        identifiers=identifiers_of(work.cohort.table),
        grey=work.grey,
    )
    write_json(work.run / "audit.json", run_audit(work.cohort, known, work.split, evidence))
    if work.cohort.quarantined:
        work.progress.notice(f"{len(work.cohort.quarantined)} cases were set aside; reasons in audit.json")


def identifiers_of(table: pd.DataFrame) -> dict[str, list[str]]:
    """case id → kinds of identifying entries of its file; each file is looked at once."""
    files = list(dict.fromkeys(table["path"]))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        kinds = dict(zip(files, pool.map(lambda path: identifying_kinds(Path(path)), files), strict=True))
    pairs = zip(table["case_id"].astype(str), table["path"], strict=True)
    return {case: kinds[path] for case, path in pairs if kinds[path]}


def known_patients(table: pd.DataFrame) -> list[str | None]:
    """The patient of each row, ``None`` where unknown."""
    known = table["patient_id"].notna()
    return [str(name) if there else None for name, there in zip(table["patient_id"], known, strict=True)]
