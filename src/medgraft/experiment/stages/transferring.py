"""Stage: the strategy learns from train and validation; writes ``history.csv`` and the bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import MedgraftError
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.tables import write_csv
from medgraft.measure.threshold import choose_threshold
from medgraft.source.embedding.cases import CaseEmbedding, embed_cases
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.source.embedding.state import backbone_state
from medgraft.transfer.models.bundle import Bundle, Calibration, write_bundle
from medgraft.transfer.strategies.strategy import Material, Transferred

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
    """Fit, unless that was done while the strategy was chosen; embed again with new weights if there are any, choose
    the threshold, write the bundle."""
    material = material_of(work)
    done = work.transferred or work.strategy.fit(material)
    work.out_of_fold, work.facts = done.out_of_fold or work.out_of_fold, done.facts
    if done.history:
        write_csv(work.run / "history.csv", pd.DataFrame(done.history))
    trained = done.backbone_state
    if trained is not None:
        work.job, work.embedding = embedded_again(work, trained)
        material = material_of(work)
    work.bundle = Bundle(
        backbone=work.job.backbone.facts,
        checksum=work.job.checksum,
        state=backbone_state(work.job),
        head=done.head,
        preprocessing=work.preprocessing,
        task=work.task,
        calibration=_calibration(work, material, done),
        strategy=work.config.strategy,
        engine=str(work.embedding.engine["engine"]) if work.embedding is not None else "torch",
        frozen=trained is None,
    )
    write_bundle(work.run.bundle, work.bundle, gallery=work.config.bundle.gallery)


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


def _calibration(work: Workspace, material: Material, done: Transferred) -> Calibration:
    """The threshold of a binary task, or of each label: from validation cases, else from out-of-fold predictions."""
    seen: list[tuple[str, NDArray[Any], NDArray[Any]]] = []
    if material.is_val.any():
        chances = done.head.answers(material.bags.take(material.is_val))
        seen.append(("val", material.labels[material.is_val], chances))
    if done.out_of_fold is not None:
        seen.append(("cv", material.labels[done.out_of_fold.rows], done.out_of_fold.probability.mean(axis=0)))
    if work.task.kind == "multi-label":
        names = enumerate(work.task.labels)
        per_label = {name: _cut([(of, y[:, column], p[:, column]) for of, y, p in seen]) for column, name in names}
        return Calibration(per_label=per_label)
    positive = work.task.positive_index
    if positive is None:
        return Calibration()
    return _cut([(origin, labels == positive, chances[:, positive]) for origin, labels, chances in seen])


def _cut(seen: Sequence[tuple[str, NDArray[Any], NDArray[Any]]]) -> Calibration:
    """Youden's cut on the first that has yes and no; ``(from where, yes or no or -1 (n,), chance of yes (n,))``."""
    for origin, answers, chances in seen:
        known = answers >= 0
        if len(np.unique(answers[known])) == 2:
            return Calibration(threshold=choose_threshold(answers[known] == 1, chances[known]), threshold_from=origin)
    return Calibration()


def weights_checksum(state: dict[str, NDArray[Any]]) -> str:
    """sha256 over names, types and values: the name of trained weights in the caches."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = np.ascontiguousarray(state[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
