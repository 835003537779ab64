"""Stage: pictures to features. Sets unreadable cases aside; writes ``private/links`` and ``private/thumbnails``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from medgraft.data.cohort.cohort import Cohort, Quarantined
from medgraft.data.cohort.labels import require_trainable
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.tables import write_table
from medgraft.source.embedding.cases import CaseEmbedding, embed_cases

__all__ = ["embedding_stage", "without_failures"]


def embedding_stage(work: Workspace) -> None:
    """Fill ``work.embedding`` (rows of readable cases only) and write ``cohort.parquet``."""
    table = work.cohort.table
    result = embed_cases(
        pictures_of(table),
        work.job,
        work.preprocessing,
        reader=work.reader,
        engine=work.config.engine,
        progress=work.progress,
    )
    work.forward_passes, work.decodes = result.forward_passes, result.decodes
    for stage, seconds in result.seconds.items():
        work.seconds[stage] = work.seconds.get(stage, 0.0) + seconds
    work.cohort, result = without_failures(work.cohort, result)
    work.embedding = result
    require_trainable(work.cohort, work.config.data.positive)
    write_table(work.run / "cohort.parquet", work.cohort.public())
    write_table(work.run.private / "links.parquet", work.cohort.links(), private=True)
    cases = work.cohort.table["case_id"].tolist()
    pairs = [(case, facts.thumbnail) for case, facts in zip(cases, result.facts, strict=True) if facts is not None]
    thumbnails = pd.DataFrame(pairs, columns=["case_id", "jpeg"])
    write_table(work.run.private / "thumbnails.parquet", thumbnails, private=True)


def without_failures(cohort: Cohort, result: CaseEmbedding) -> tuple[Cohort, CaseEmbedding]:
    """The readable cases and their embedding; the others are set aside with their reasons."""
    if not result.failures:
        return cohort, result
    table, failures = cohort.table, dict(result.failures)
    bad = [
        Quarantined(str(table["case_id"].iloc[row]), str(table["path"].iloc[row]), reason)
        for row, reason in sorted(failures.items())
    ]
    kept = np.array([row not in failures for row in range(len(table))], dtype=bool)
    good = replace(cohort, table=table[kept].reset_index(drop=True), quarantined=(*cohort.quarantined, *bad))
    return good, result.take(kept)
