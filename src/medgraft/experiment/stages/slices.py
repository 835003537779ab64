"""Stage: which slices of each volume the head listened to; writes ``slices.parquet`` and ``private/slices.parquet``.

Pictures, and heads that read the mean of the slices, have nothing to tell: no file is written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_table
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.transfer.models.bundle import Bundle

__all__ = ["slice_weights", "slices_stage"]

_SHOWN = 3
"""Slices of a case whose pictures are kept for the report."""


def slice_weights(bundle: Bundle, embedding: CaseEmbedding) -> NDArray[np.float64] | None:
    """(m,) the weight of each slice for the positive class, or for the likeliest of many; ``None`` where the head does
    not tell slices apart. Cases without slices have none."""
    if embedding.bags.are_pictures:
        return None
    bags = embedding.bags.take(embedding.bags.sizes > 0)
    weights, positive = bundle.head.attention(bags), bundle.task.positive_index
    if weights is None:
        return None
    if positive is not None:
        return np.asarray(weights[:, positive])
    likeliest = bundle.answers(bags).argmax(axis=1)
    return np.asarray(weights[np.arange(len(weights)), likeliest[bags.owners]])


def slices_stage(work: Workspace) -> None:
    """``slices.parquet``: case_id, slice (from 1), weight; in ``private/`` the pictures of the weightiest ones."""
    if work.bundle is None or work.embedding is None:
        return
    weights = slice_weights(work.bundle, work.embedding)
    if weights is None:
        return
    embedding = work.embedding
    cases = work.cohort.table["case_id"].astype(str).to_numpy()[embedding.bags.owners]
    table = pd.DataFrame({"case_id": cases, "slice": embedding.slice_numbers + 1, "weight": weights})
    write_table(work.run / "slices.parquet", table)
    weightiest = table.groupby("case_id", sort=False)["weight"].nlargest(_SHOWN).index.get_level_values(1)
    pictures: list[dict[str, Any]] = [
        {"case_id": table["case_id"][row], "slice": table["slice"][row], "jpeg": facts.thumbnail}
        for row in weightiest
        if (facts := embedding.slice_facts[row]) is not None
    ]
    write_table(work.run.private / "slices.parquet", pd.DataFrame(pictures), private=True)
