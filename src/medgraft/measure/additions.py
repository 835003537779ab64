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

__all__ = ["JudgedModel", "additions"]

_METRICS = ("auroc", "auprc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "brier")


@dataclass(frozen=True)
class JudgedModel:
    """``chances`` (n, classes) for the cases; the threshold of two classes, and where it is from."""

    chances: NDArray[np.float64]
    threshold: float | None = None
    threshold_from: str | None = None


def additions(
    y_true: NDArray[np.int64],
    models: Mapping[str, JudgedModel],
    pairs: Sequence[tuple[str, str]],
    *,
    labels: Sequence[str],
    positive: str | None,
    groups: NDArray[np.int64] | None,
    majority: int,
    seed: int = 0,
    replicates: int = 1000,
) -> dict[str, Any]:
    """``n``, ``n_patients``, ``models`` (name → metric → estimate) and ``differences``, first less second, paired, as
    plain data; AUROC's is ``None`` where the cases are of one class."""
    place = None if positive is None else list(labels).index(positive)
    roles: dict[str, Any] = {"labels": labels, "positive": positive, "groups": groups, "majority": majority}
    called, numbers = dict[str, Any](), dict[str, Any]()
    for name, model in models.items():
        called[name] = predicted_class(model.chances, model.threshold, place)
        options: dict[str, Any] = {**roles, "threshold": model.threshold, "threshold_from": model.threshold_from}
        options |= {"seed": seed, "replicates": replicates}
        told = evaluate(y_true, model.chances, **options)
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
