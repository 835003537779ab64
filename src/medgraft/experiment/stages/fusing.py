"""Stage: image and clinical table together, the table alone and the image alone, on the same cases; writes
``fusion.json``, ``fusion_predictions.parquet``, the bundle's ``clinical.json`` and ``private/clinical.parquet``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.table import ClinicalRows
from medgraft.errors import CohortError, MedgraftError
from medgraft.experiment.stages.evaluating import Majority, patient_numbers, train_majority
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_table
from medgraft.files import write_json
from medgraft.measure.additions import Asked, JudgedModel, additions
from medgraft.measure.threshold import choose_threshold
from medgraft.transfer.fusion.fusion import FittedFusion, FusionCases, cross_validated, fitted_fusion
from medgraft.transfer.fusion.keeping import ClinicalModel
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.tasks.task import Task

__all__ = ["JudgedCases", "fusion_numbers", "fusion_predictions", "fusion_stage"]

Floats = NDArray[np.float64]
_PAIRS = (("both", "image"), ("both", "table"), ("image", "table"))
"""What the table adds to the image, what the image adds to the table, and which of the two says more."""


@dataclass(frozen=True)
class _Seen:
    """Training and validation cases with a row: their places in the cohort's table, what the fusion learns from, the
    fold of each case in the first repeat where the image's answers are of cross-validation; ``lost``: cases without a
    row."""

    places: NDArray[np.int64]
    cases: FusionCases
    fold: NDArray[np.int64] | None
    lost: int


@dataclass(frozen=True)
class JudgedCases:
    """Cases of a part: ``table`` their rows of the cohort's, ``chances`` (n, classes) by model; ``lost``:
    cases without a row, which are left out."""

    table: pd.DataFrame
    chances: dict[str, Floats]
    lost: int


def fusion_stage(work: Workspace) -> None:
    """Does nothing where no clinical table was given."""
    if work.clinical is None:
        return
    if work.bundle is None or work.embedding is None:
        raise MedgraftError("fusing: an earlier stage has not run")
    rows, options = work.clinical, work.config.clinical
    image = work.bundle.answers(work.embedding.bags)
    seen = _seen(work, rows, image)
    fitted = fitted_fusion(seen.cases, seed=work.config.seed)
    model = ClinicalModel(fitted.fusion, work.task.labels, options.by, options.join, _thresholds(work, seen, fitted))
    model.keep(work.run.bundle)
    judged = _judged(work, rows, seen, (image, model))
    write_table(work.run / "fusion_predictions.parquet", fusion_predictions(judged, work.task))
    private = rows.values.assign(case_id=work.cohort.table["case_id"].to_numpy(), found=rows.found)
    write_table(work.run.private / "clinical.parquet", private, private=True)
    majority = train_majority(work, work.split) if work.split is not None else 0
    draws = {"seed": work.config.seed, "replicates": work.config.evaluation.replicates}
    splits = {name: fusion_numbers(one, work.bundle, model, majority, **draws) for name, one in judged.items()}
    write_json(work.run / "fusion.json", {**_described(model, rows, seen), "splits": splits})


def _seen(work: Workspace, rows: ClinicalRows, image: Floats) -> _Seen:
    """The image's answers are of cross-validation where there was one (by calibrators that had not seen the case),
    else those to the validation cases; mended, as at prediction."""
    parts = np.array([part or "" for part in work.parts()])
    fold: NDArray[np.int64] | None = None
    if work.out_of_fold is not None:
        places = np.flatnonzero(np.isin(parts, ["train", "val"]))[work.out_of_fold.rows]
        answers = work.out_of_fold.probability if work.honest is None else work.honest
        fold = work.out_of_fold.fold[0]
    else:
        places = np.flatnonzero(parts == "val")
        answers = image[places][None]
    there = rows.found[places]
    kept = places[there]
    labels = work.task.targets(work.cohort.table)[kept]
    if len(np.unique(labels)) < len(work.task.labels):
        raise CohortError(
            f"fusing image and table: of {len(places)} cases that the image model can be judged on, {len(kept)} have "
            "a row, and not of every class; give rows for more patients, or use a strategy that is cross-validated"
        )
    cases = FusionCases(rows.take(kept), answers[:, there], labels, work.groups[kept])
    return _Seen(kept, cases, None if fold is None else fold[there], len(places) - len(kept))


def _thresholds(work: Workspace, seen: _Seen, fitted: FittedFusion) -> dict[str, float]:
    """Youden's cut of each model, on answers of folds that had not seen the case."""
    positive = work.task.positive_index
    if positive is None:
        return {}
    truth = seen.cases.labels == positive
    return {name: choose_threshold(truth, chances[:, positive]) for name, chances in fitted.held_out.items()}


def _judged(
    work: Workspace, rows: ClinicalRows, seen: _Seen, models: tuple[Floats, ClinicalModel]
) -> dict[str, JudgedCases]:
    """The test cases, and cross-validation where the image model had one. ``models``: the image's answers to all
    cases, and the fusion."""
    (answers, model), table, found = models, work.cohort.table, dict[str, JudgedCases]()
    test = np.flatnonzero([part == "test" for part in work.parts()])
    kept = test[rows.found[test]]
    if len(kept):
        image, own = answers[kept], rows.take(kept)
        chances = {"image": image, "table": model.fusion.of_table(own), "both": model.fusion.of_both(image, own)}
        found["test"] = JudgedCases(table.iloc[kept], chances, len(test) - len(kept))
    if seen.fold is not None:
        beside = cross_validated(seen.cases, seen.fold, seed=work.config.seed)
        if beside:
            found["cv"] = JudgedCases(table.iloc[seen.places], {"image": seen.cases.image[0], **beside}, seen.lost)
    return found


def _described(model: ClinicalModel, rows: ClinicalRows, seen: _Seen) -> dict[str, Any]:
    """What was joined and learnt, as plain data."""
    columns = [
        {"name": one.name, "kind": one.kind, "groups": len(one.groups), "missing": one.missing}
        for one in model.fusion.encoder.columns
    ]
    return {
        "by": model.by,
        "columns": columns,
        "cases": len(rows.found),
        "cases_with_a_row": int(rows.found.sum()),
        "learnt_from": len(seen.places),
        "image_answers_from": "val" if seen.fold is None else "cv",
        "strength": {"table": model.fusion.table.strength, "both": model.fusion.both.strength},
        "slopes": model.fusion.slopes() if len(model.labels) == 2 else [],
    }


def fusion_numbers(
    judged: JudgedCases,
    bundle: Bundle,
    model: ClinicalModel,
    majority: Majority,
    *,
    seed: int,
    replicates: int,
) -> dict[str, Any]:
    """Numbers of each model, and paired differences, on the same cases; ``majority``: the index of training's commonest
    class."""
    calibration, task = bundle.calibration, bundle.task
    cuts = {name: (cut, "cv") for name, cut in model.thresholds.items()}
    models = dict[str, JudgedModel]()
    for name, chances in judged.chances.items():
        cut, origin = cuts.get(name, (None, None))
        if name == "image":
            cut, origin = calibration.threshold, calibration.threshold_from
        models[name] = JudgedModel(chances, cut, origin)
    asked = Asked(
        truth=task.targets(judged.table),
        labels=task.labels,
        positive=task.positive,
        groups=patient_numbers(judged.table["patient_id"]),
        majority=majority if isinstance(majority, int) else 0,
    )
    return {**additions(asked, models, _PAIRS, seed=seed, replicates=replicates), "without_a_row": judged.lost}


def fusion_predictions(judged: Mapping[str, JudgedCases], task: Task) -> pd.DataFrame:
    """One row a case and part: ids, truth, and each model's chances."""
    frames = []
    for part, one in judged.items():
        frame = one.table[["case_id", "patient_id", "site"]].assign(split=part, y_true=one.table["label"])
        for name, chances in one.chances.items():
            for column, label in enumerate(task.labels):
                frame[f"{name}_p_{label}"] = chances[:, column]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
