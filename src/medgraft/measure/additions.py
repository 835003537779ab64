"""What one model adds to another: several models on the same cases, each with its numbers, and paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.evaluation import evaluate
from medgraft.measure.mcnemar import mcnemar
from medgraft.measure.paired import accuracy_difference, auroc_difference
from medgraft.measure.threshold import predicted_class

__all__ = ["Asked", "JudgedModel", "additions"]

_METRICS = ("auroc", "auprc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "brier")


@dataclass(frozen=True)
class JudgedModel:
    """``chances`` (n, classes) for the cases; the threshold of two classes, and where it is from."""

    chances: NDArray[np.float64]
    threshold: float | None = None
    threshold_from: str | None = None


@dataclass(frozen=True)
class Asked:
    """Cases that all models are asked about: ``truth`` (n,) class indices, ``groups`` (n,) patient numbers or ``None``;
    ``majority``: the class that most training cases have."""

    truth: NDArray[np.int64]
    labels: Sequence[str]
    positive: str | None
    groups: NDArray[np.int64] | None
    majority: int


def additions(
    asked: Asked,
    models: Mapping[str, JudgedModel],
    pairs: Sequence[tuple[str, str]],
    *,
    seed: int = 0,
    replicates: int = 1000,
) -> dict[str, Any]:
    """``n``, ``n_patients``, ``models`` (name → metric → estimate) and ``differences``, first less second, paired, as
    plain data; AUROC's is ``None`` where the cases are of one class."""
    y_true, groups = asked.truth, asked.groups
    place = None if asked.positive is None else list(asked.labels).index(asked.positive)
    called, numbers = dict[str, Any](), dict[str, Any]()
    for name, model in models.items():
        called[name] = predicted_class(model.chances, model.threshold, place)
        told = evaluate(
            y_true,
            model.chances,
            labels=asked.labels,
            positive=asked.positive,
            groups=groups,
            majority=asked.majority,
            threshold=model.threshold,
            threshold_from=model.threshold_from,
            seed=seed,
            replicates=replicates,
        )
        numbers[name] = {metric: told[metric] for metric in _METRICS if metric in told}
    differences = []
    for first, second in pairs:
        both = models[first].chances, models[second].chances
        ranked = len(np.unique(y_true)) > 1
        auroc = vars(auroc_difference(y_true, *both, positive=place, groups=groups, seed=seed)) if ranked else None
        accuracy = vars(accuracy_difference(y_true, called[first], called[second], groups=groups, seed=seed))
        test = vars(mcnemar(called[first] == y_true, called[second] == y_true, groups=groups))
        differences.append({"first": first, "second": second, "auroc": auroc, "accuracy": accuracy, "mcnemar": test})
    patients = None if groups is None else len(np.unique(groups))
    return {"n": len(y_true), "n_patients": patients, "models": numbers, "differences": differences}
