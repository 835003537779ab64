"""Stage: predictions of every part and of cross-validation, and the numbers with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.split import Split
from medgraft.errors import MedgraftError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.trust_content import Answers, trust_content, trust_metrics
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_table
from medgraft.files import write_json
from medgraft.measure.evaluation import evaluate, evaluate_repeats, evaluation_warnings
from medgraft.measure.multi_label import LabelRule, evaluate_labels, label_warnings
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.tasks.task import Task
from medgraft.types import SPLITS

__all__ = [
    "Majority",
    "evaluate_part",
    "evaluation_stage",
    "patient_numbers",
    "majority_of",
    "prediction_rows",
    "train_majority",
]

Majority = int | tuple[int, ...]
"""What most training cases have: the index of a class, or 1 or 0 a label."""


def prediction_rows(table: pd.DataFrame, split: str, probability: NDArray[np.float64], bundle: Bundle) -> pd.DataFrame:
    """Rows of ``predictions.parquet`` for cases of one part; ``table`` has the cohort's columns."""
    task, called = bundle.task, bundle.called(probability)
    rows = pd.DataFrame(
        {
            "case_id": table["case_id"].to_numpy(),
            "patient_id": table["patient_id"].to_numpy(),
            "site": table["site"].to_numpy(),
            "split": split,
            "repeat": pd.array([pd.NA] * len(table), dtype="Int64"),
            "fold": pd.array([pd.NA] * len(table), dtype="Int64"),
        }
    )
    if task.kind == "multi-label":
        truth = task.targets(table)
        for column, label in enumerate(task.labels):
            rows[f"y_{label}"] = np.where(truth[:, column] < 0, np.nan, truth[:, column])
            rows[f"called_{label}"] = called[:, column]
    else:
        rows["y_true"], rows["y_pred"] = table["label"].to_numpy(), task.told(called)
    for column, label in enumerate(task.labels):
        rows[f"p_{label}"] = probability[:, column]
    return rows


def evaluate_part(
    rows: pd.DataFrame, bundle: Bundle, *, majority: Majority, seed: int, replicates: int
) -> tuple[dict[str, Any], list[str]]:
    """Numbers and warnings of one part's rows; repeats of cross-validation are pooled as they should be."""
    task, calibration = bundle.task, bundle.calibration
    columns = [f"p_{label}" for label in task.labels]
    repeats = [group for _, group in rows.groupby("repeat", sort=True)] or [rows]
    first = repeats[0]
    groups = patient_numbers(first["patient_id"])
    chances = np.stack([group[columns].to_numpy() for group in repeats])
    if isinstance(majority, tuple):
        truth, called = (_columns(first, sign, task.labels) for sign in ("y_", "called_"))
        cuts = [calibration.per_label.get(label, Calibration()) for label in task.labels]
        rules = {
            label: LabelRule(cut.threshold, cut.threshold_from, most)
            for label, cut, most in zip(task.labels, cuts, majority, strict=True)
        }
        found = evaluate_labels(truth, chances, rules, groups=groups, seed=seed, replicates=replicates)
        return found, label_warnings(truth, called, task.labels, groups)
    truth, called = (_indices(first[name], task.labels) for name in ("y_true", "y_pred"))
    options: dict[str, Any] = {
        "labels": task.labels,
        "positive": task.positive,
        "groups": groups,
        "majority": majority,
        "threshold": calibration.threshold,
        "threshold_from": calibration.threshold_from,
        "ordered": task.kind == "ordinal",
        "seed": seed,
        "replicates": replicates,
    }
    warnings = evaluation_warnings(truth, called, task.labels, groups)
    if len(repeats) == 1:
        return evaluate(truth, chances[0], **options), warnings
    return evaluate_repeats(truth, chances, **options), warnings


def patient_numbers(ids: pd.Series) -> NDArray[np.int64] | None:
    """Patient numbers; ``None`` unless every patient is known.

    Numbered in the order of the cohort, never by the hash: draws are then the same in every house.
    """
    if ids.isna().any():
        return None
    return np.asarray(pd.factorize(ids)[0], dtype=np.int64)


def _columns(rows: pd.DataFrame, sign: str, labels: Sequence[str]) -> NDArray[np.int64]:
    """(n, labels) of 1, 0 and -1 from one column a label."""
    numbers = rows[[sign + label for label in labels]].to_numpy(dtype=np.float64)
    return np.asarray(np.nan_to_num(numbers, nan=-1.0).astype(np.int64))


def _indices(names: pd.Series, labels: Sequence[str]) -> NDArray[np.int64]:
    """Class indices; -1 where the name is none of ``labels``."""
    index = {name: number for number, name in enumerate(labels)}
    return np.array([index.get(str(name), -1) for name in names], dtype=np.int64)


def train_majority(work: Workspace, split: Split) -> Majority:
    """What most training cases have."""
    truth = work.task.targets(work.cohort.table[work.cohort.table["case_id"].isin(split.train)])
    if truth.ndim == 2:
        return tuple(((truth == 1).sum(axis=0) > (truth == 0).sum(axis=0)).astype(int).tolist())
    return int(np.bincount(truth, minlength=len(work.task.labels)).argmax())


def majority_of(meta: Mapping[str, Any], task: Task) -> Majority:
    """The same from ``metrics.json``."""
    if "majority_answers" in meta:
        return tuple(int(meta["majority_answers"][label]) for label in task.labels)
    return task.labels.index(meta["majority_label"])


def _majority_meta(majority: Majority, task: Task) -> dict[str, Any]:
    """For ``metrics.json``."""
    if isinstance(majority, tuple):
        return {"majority_answers": dict(zip(task.labels, majority, strict=True))}
    return {"majority_label": task.labels[majority]}


def evaluation_stage(work: Workspace) -> None:
    """Write ``predictions.parquet`` and ``metrics.json``."""
    if work.bundle is None or work.embedding is None or work.split is None:
        raise MedgraftError("evaluating: an earlier stage has not run")
    bundle, table = work.bundle, work.cohort.table
    probability = bundle.answers(work.embedding.bags)
    parts = np.array([part or "" for part in work.parts()])
    frames = [
        prediction_rows(table[parts == part], part, probability[parts == part], bundle)
        for part in SPLITS
        if (parts == part).any()
    ]
    frames += [*_out_of_fold(work, parts, bundle), *_left_site_out(work, parts, bundle)]
    work.predictions = pd.concat(frames, ignore_index=True)
    write_table(work.run / "predictions.parquet", work.predictions)
    majority, config = train_majority(work, work.split), work.config
    content: dict[str, Any] = {}
    warnings: list[str] = ["leaking split"] if work.split.leaking else []
    for part, rows in work.predictions.groupby("split", sort=False):
        content[str(part)], found = evaluate_part(
            rows, bundle, majority=majority, seed=config.seed, replicates=config.evaluation.replicates
        )
        warnings += [f"{part}: {text}" for text in found if part != "train"]
        content[str(part)] |= _trusted(work, bundle, str(part), rows, parts)
    if work.trust:
        write_trust(work.run, work.trust)
    untouched = _without_near(work)
    if untouched is not None:
        content["test_without_near_duplicates"], _ = evaluate_part(
            untouched, bundle, majority=majority, seed=config.seed, replicates=config.evaluation.replicates
        )
        lost = int((work.predictions["split"] == "test").sum()) - len(untouched)
        warnings.append(f"{lost} test cases look like a training case; test_without_near_duplicates leaves them out")
    content["_meta"] = {
        "positive_label": work.task.positive,
        "task": work.task.kind,
        "labels": list(work.task.labels),
        **_majority_meta(majority, work.task),
        "bootstrap_replicates": config.evaluation.replicates,
        "stamp": "leaking split" if work.split.leaking else None,
        "warnings": warnings,
    }
    write_json(work.run / "metrics.json", content)


def _trusted(work: Workspace, bundle: Bundle, part: str, rows: pd.DataFrame, parts: NDArray[np.str_]) -> dict[str, Any]:
    """The part's entry of ``trust.json``, kept in ``work.trust``; returns what of it stands in ``metrics.json``. Not of
    cases that were learnt from, nor of a model a site."""
    if part in ("train", "loso") or work.embedding is None:
        return {}
    # The gate has seen validation cases.
    features = work.embedding.features[parts == part] if part == "test" else None
    evaluation = work.config.evaluation
    found = trust_content(
        answers_of(rows, bundle, features, seen=part in ("cv", "val")),
        bundle,
        prevalence=evaluation.prevalence,
        seed=work.config.seed,
        replicates=evaluation.replicates,
    )
    work.trust.setdefault("splits", {})[part] = found
    return trust_metrics(found)


def answers_of(
    rows: pd.DataFrame, bundle: Bundle, features: NDArray[np.float32] | None, *, seen: bool = False
) -> Answers:
    """Rows of predictions as ``trust_content`` takes them, of cross-validation the first repeat; ``features`` of these
    rows where the gate has not seen them."""
    labels = bundle.task.labels
    one = rows if rows["repeat"].isna().all() else rows[rows["repeat"] == rows["repeat"].min()]
    several = bundle.task.kind == "multi-label"
    truth = _columns(one, "y_", labels) if several else _indices(one["y_true"], labels)
    strangeness = None if bundle.gate is None or features is None else bundle.gate.strangeness(features)
    chances = one[[f"p_{label}" for label in labels]].to_numpy(dtype=np.float64)
    return Answers(truth, chances, patient_numbers(one["patient_id"]), strangeness, seen)


def write_trust(run: RunFolder, learnt: Mapping[str, Any]) -> None:
    """Write ``trust.json``: ``splits`` as they are, everything else under ``learnt``."""
    body = {name: value for name, value in learnt.items() if name != "splits"}
    write_json(run / "trust.json", {"learnt": body, "splits": learnt.get("splits", {})})


def _without_near(work: Workspace) -> pd.DataFrame | None:
    """The test rows that show no picture of train or val again; ``None`` where that is all of them, or none.

    Only a given split can have others: one that is made here keeps near-duplicates together.
    """
    if not work.cohort.has_given_split:
        return None
    parts = work.parts()
    cases = work.cohort.table["case_id"].astype(str).tolist()
    seen = set[str]()
    for pair in work.near:
        for here, there in ((pair.first, pair.second), (pair.second, pair.first)):
            if parts[here] == "test" and parts[there] in ("train", "val"):
                seen.add(cases[here])
    test = work.predictions[work.predictions["split"] == "test"]
    kept = test[~test["case_id"].isin(seen)]
    return kept if seen and len(kept) else None


def _left_site_out(work: Workspace, parts: NDArray[np.str_], bundle: Bundle) -> list[pd.DataFrame]:
    """Rows of the answers by models that had not seen the case's site; the fold is the number of the site."""
    found = work.left_site_out
    if found is None or not found.answered.any():
        return []
    seen = work.cohort.table[np.isin(parts, ["train", "val"])][found.answered]
    rows = prediction_rows(seen, "loso", bundle.mended(found.probability[found.answered]), bundle)
    return [rows.assign(fold=pd.array(found.site[found.answered], dtype="Int64"))]


def _out_of_fold(work: Workspace, parts: NDArray[np.str_], bundle: Bundle) -> list[pd.DataFrame]:
    """Rows of cross-validation, one frame a repeat; probabilities mended by calibrators that had not seen the case."""
    found = work.out_of_fold
    if found is None:
        return []
    seen = work.cohort.table[np.isin(parts, ["train", "val"])].iloc[found.rows]
    said = found.probability if work.honest is None else work.honest
    frames = []
    for repeat, (chances, fold) in enumerate(zip(said, found.fold, strict=True)):
        rows = prediction_rows(seen, "cv", chances, bundle)
        frames.append(
            rows.assign(repeat=pd.array([repeat] * len(rows), dtype="Int64"), fold=pd.array(fold, dtype="Int64"))
        )
    return frames
