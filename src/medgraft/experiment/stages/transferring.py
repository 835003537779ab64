"""Stage: the strategy learns from train and validation; writes ``history.csv``."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import MedgraftError
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.tables import write_csv
from medgraft.source.embedding.cases import CaseEmbedding, embed_cases
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.source.embedding.state import backbone_state
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.strategies.strategy import Material

__all__ = ["embedded_again", "material_of", "transfer_stage", "weights_checksum"]


def material_of(work: Workspace) -> Material:
    """Train and validation cases as the strategy sees them."""
    if work.embedding is None:
        raise MedgraftError("transferring: the embedding stage has not run")
    parts = np.array([part or "" for part in work.parts()])
    rows = np.flatnonzero(np.isin(parts, ["train", "val"]))
    modality = work.cohort.table["modality"].iloc[rows].mode()
    pictures = pictures_of(work.cohort.table.iloc[rows])
    return Material(
        features=work.embedding.features[rows],
        slices=work.embedding.bags.take(rows),
        labels=work.task.targets(work.cohort.table)[rows],
        groups=work.groups[rows],
        is_val=parts[rows] == "val",
        index=rows.astype(np.int64),
        n_classes=len(work.task.labels),
        pixels=PreparedPixels(pictures, work.preprocessing, work.reader),
        backbone=work.job.backbone,
        modality=str(modality.iloc[0]),
        checkpoints=work.run.checkpoints,
        seed=work.config.seed,
        device=work.job.device,
        progress=work.progress,
        cache=work.home.cache,
        identity=f"{work.cohort.pixels_digest()}|{work.preprocessing.digest()}|{work.job.identity()}",
        cohort_size=len(work.cohort),
        teacher=None if work.teacher is None else partial(work.teacher.answers, pictures, work.reader, work.progress),
        label_names=work.task.labels,
        ordered=work.task.kind == "ordinal",
        sites=_sites(work.cohort.table["site"].iloc[rows]),
        positive=1 if work.task.positive_index is None else work.task.positive_index,
    )


def _sites(column: pd.Series) -> NDArray[np.str_] | None:
    """Empty where it is not known."""
    return None if column.isna().all() else np.array(column.fillna("").astype(str), dtype=np.str_)


def transfer_stage(work: Workspace) -> None:
    """Fit, unless that was done while the strategy was chosen; embed again with new weights if there are any. The
    bundle has no calibration yet (see ``trusting``)."""
    done = work.transferred or work.strategy.fit(material_of(work))
    work.out_of_fold, work.facts = done.out_of_fold or work.out_of_fold, done.facts
    if done.history:
        write_csv(work.run / "history.csv", pd.DataFrame(done.history))
    trained = done.backbone_state
    if trained is not None:
        work.job, work.embedding = embedded_again(work, trained)
    work.bundle = Bundle(
        backbone=work.job.backbone.facts,
        checksum=work.job.checksum,
        state=backbone_state(work.job),
        head=done.head,
        preprocessing=work.preprocessing,
        task=work.task,
        calibration=Calibration(),
        strategy=work.config.strategy,
        engine=str(work.embedding.engine["engine"]) if work.embedding is not None else "torch",
        frozen=trained is None,
    )


def embedded_again(work: Workspace, state: dict[str, NDArray[Any]]) -> tuple[Job, CaseEmbedding]:
    """The job of a trained backbone, and its features, by the same path as those of the source's."""
    job = replace(work.job, checksum=weights_checksum(state), state=state)
    result = embed_cases(
        pictures_of(work.cohort.table),
        job,
        work.preprocessing,
        reader=work.reader,
        engine=work.config.engine,
        progress=work.progress,
    )
    work.forward_passes += result.forward_passes
    work.decodes += result.decodes
    return job, result


def weights_checksum(state: dict[str, NDArray[Any]]) -> str:
    """sha256 over names, types and values: the name of trained weights in the caches."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = np.ascontiguousarray(state[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
