"""``embed``: the features of a backbone as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.experiment.tables import write_table
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.embedding.cases import embed_cases

__all__ = ["embed_data"]


def embed_data(
    data: Path,
    out: Path,
    *,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write pooled features to a Parquet table: case_id, patient_id, site, label, split, f0…; return counts."""
    progress, home, reader = progress or Progress(), home or Home.find(), ImageReader()
    if out.exists() and not overwrite:
        raise UsageError(f"--out {out}: it exists already; give another name, or --overwrite")
    config = resolve_config(file, sets, flags)
    cohort = read_told(data, config.data, home, reader, progress)
    pictures = pictures_of(cohort.table)
    job, preprocessing = build_source(config, pictures, home, reader)
    result = embed_cases(pictures, job, preprocessing, reader=reader, engine=config.engine, progress=progress)
    good = np.array([row not in result.failures for row in range(len(pictures))], dtype=bool)
    features = pd.DataFrame(result.features[good], columns=[f"f{i}" for i in range(result.features.shape[1])])
    write_table(out, pd.concat([cohort.public()[good].reset_index(drop=True), features], axis=1))
    quarantined = [(item.path, item.reason) for item in cohort.quarantined]
    quarantined += [(str(pictures[row].path), reason) for row, reason in sorted(result.failures.items())]
    return {
        "out": str(out),
        "cases": int(good.sum()),
        "features": int(result.features.shape[1]),
        "forward_passes": result.forward_passes,
        "decodes": result.decodes,
        "engine": result.engine,
        "quarantined": len(quarantined),
        "warnings": list(progress.notices),
    }
