"""Stage: pictures to features. Sets unreadable cases aside; writes ``private/links`` and ``private/thumbnails``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from medgraft.data.cohort.cohort import Cohort, Quarantined
from medgraft.data.cohort.labels import require_trainable
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.tables import write_table
from medgraft.source.embedding.embed import Embedding, embed

__all__ = ["embedding_stage", "without_failures"]


def embedding_stage(work: Workspace) -> None:
    """Fill ``work.embedding`` (rows of readable cases only) and write ``cohort.parquet``."""
    table = work.cohort.table
    result = embed(
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
    work.cohort = without_failures(work.cohort, result)
    work.embedding = result
    require_trainable(work.cohort, work.config.data.positive)
    write_table(work.run / "cohort.parquet", work.cohort.public())
    write_table(work.run.private / "links.parquet", work.cohort.links(), private=True)
    cases = work.cohort.table["case_id"].tolist()
    pairs = [(case, facts.thumbnail) for case, facts in zip(cases, result.facts, strict=True) if facts is not None]
    thumbnails = pd.DataFrame(pairs, columns=["case_id", "jpeg"])
    write_table(work.run.private / "thumbnails.parquet", thumbnails, private=True)


def without_failures(cohort: Cohort, result: Embedding) -> Cohort:
    """The cohort of readable pictures, the others set aside with their reasons; ``result`` loses the same rows."""
    if not result.failures:
        return cohort
    table, failures = cohort.table, dict(result.failures)
    bad = [
        Quarantined(str(table["case_id"].iloc[row]), str(table["path"].iloc[row]), reason)
        for row, reason in sorted(failures.items())
    ]
    kept = np.array([row not in failures for row in range(len(table))], dtype=bool)
    result.features = result.features[kept]
    result.facts = [facts for facts, keep in zip(result.facts, kept, strict=True) if keep]
    result.failures = {}
    return replace(cohort, table=table[kept].reset_index(drop=True), quarantined=(*cohort.quarantined, *bad))
