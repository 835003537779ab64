"""What ``trust.json`` says of one part of the data: how far its answers can be relied on, question by question.

One question is asked of cases of one class each; where a case has several labels there is one a label, of the cases in
which it is known. Cuts and sets were chosen on other cases (``trusting``); of the cases that sets were made of, their
coverage says nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.calibrating.calibration_error import calibration_error
from medgraft.measure.calibrating.consistency import consistency_bars
from medgraft.measure.conformal.judging import judge_sets
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.wilson import proportion_interval
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.costs import expected_cost
from medgraft.measure.operating.decision_curve import DecisionCurve, decision_curve
from medgraft.measure.operating.predictive_values import predictive_values
from medgraft.measure.operating.selective import selective_curve
from medgraft.measure.patients import Patients
from medgraft.measure.threshold import predicted_class
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.calibration import Calibration

__all__ = ["Answers", "trust_content", "trust_metrics"]

THRESHOLDS = np.arange(1, 100, 2) / 100
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """n cases of one part: ``truth`` (n,) class indices or (n, labels) of 1, 0 and -1, mended ``probability`` (n, k),
    patient numbers ``groups``, ``strangeness`` (n,) by the gate, and whether the sets were made of them (``seen``)."""

    truth: NDArray[np.int64]
    probability: Floats
    groups: NDArray[np.int64] | None
    strangeness: Floats | None = None
    seen: bool = False


@dataclass(frozen=True)
class _Asked:
    """One question of the part; ``prevalence``: that of the place of use, ``None``: that of the cases."""

    truth: NDArray[np.int64]
    probability: Floats
    groups: NDArray[np.int64] | None
    calibration: Calibration
    positive: int | None
    prevalence: float | None
    seen: bool


def trust_content(
    answers: Answers, bundle: Bundle, *, prevalence: float | None, seed: int, replicates: int
) -> dict[str, Any]:
    """The entry of one part, plain data."""
    task, calibration = bundle.task, bundle.calibration
    content: dict[str, Any] = {"gate": _gate(answers)}
    if task.kind != "multi-label":
        positive = task.positive_index
        asked = _Asked(
            answers.truth, answers.probability, answers.groups, calibration, positive, prevalence, answers.seen
        )
        return content | _question(asked, seed, replicates)
    each = {}
    for place, label in enumerate(task.labels):
        known, yes = answers.truth[:, place] >= 0, answers.probability[:, place]
        groups = None if answers.groups is None else answers.groups[known]
        pair = np.stack([1 - yes, yes], axis=1)[known]
        one = calibration.per_label.get(label, Calibration())
        if known.any():
            asked = _Asked(answers.truth[known, place], pair, groups, one, 1, prevalence, answers.seen)
            each[label] = _question(asked, seed, replicates)
    return content | {"per_label": each}


def trust_metrics(content: Mapping[str, Any]) -> dict[str, Any]:
    """Those of its numbers that stand in ``metrics.json`` beside the others; of several labels the gate's alone."""
    found: dict[str, Any] = {}
    if content.get("gate"):
        found["refused"] = content["gate"]["refused"]
    calibration, sets = content.get("calibration"), content.get("sets")
    if calibration:
        counts = {"n": calibration["n"], "n_patients": calibration["n_patients"]}
        found["ece_debiased"] = {"value": calibration["debiased"], "low": None, "high": None, **counts}
    if sets:
        counts = {"n": sets["coverage"]["n"], "n_patients": sets["coverage"]["n_patients"]}
        found["set_coverage"] = sets["coverage"]
        found["set_size"] = {"value": sets["mean_size"], "low": None, "high": None, **counts}
    return found


def _question(asked: _Asked, seed: int, replicates: int) -> dict[str, Any]:
    truth, said, groups, positive = asked.truth, asked.probability, asked.groups, asked.positive
    called = predicted_class(said, asked.calibration.threshold, positive)
    options: dict[str, Any] = {"positive": positive, "groups": groups, "seed": seed}
    content: dict[str, Any] = {
        "calibration": calibration_error(truth, said, **options).to_dict(),
        "reliability": [asdict(bar) for bar in consistency_bars(truth, said, **options)],
        "sets": None,
        "selective": _selective(asked, called, seed, replicates),
        "operating": [],
        "predictive_values": None,
        "decision": None,
    }
    sets = asked.calibration.sets
    if sets is not None and not asked.seen:
        content["sets"] = {"alpha": sets.rule.alpha, **judge_sets(sets, truth, said, groups=groups).to_dict()}
    if positive is not None and len(np.unique(truth)) == 2:
        content |= _binary(asked, Cases.of(truth == positive, said[:, positive], groups), seed, replicates)
    return content


def _binary(asked: _Asked, cases: Cases, seed: int, replicates: int) -> dict[str, Any]:
    """Operating points, predictive values at the run's own cut, and the decision curve."""
    calibration, at = asked.calibration, asked.prevalence
    operating = []
    for cut in () if asked.seen else calibration.demanded:
        sensitivity, specificity = cases.rates(cut.threshold, cut.origin)
        operating.append(
            {
                "demand": {"of": cut.of, "least": cut.least},
                "sensitivity": sensitivity.to_dict(),
                "specificity": specificity.to_dict(),
            }
        )
    cut_at = 0.5 if calibration.threshold is None else calibration.threshold
    share = cases.prevalence if at is None else at
    values = predictive_values(cases, cut_at, share, threshold_from=calibration.threshold_from)
    curve = decision_curve(cases, thresholds=THRESHOLDS, prevalence=at, replicates=replicates, seed=seed)
    given = {"prevalence_from": "cases" if at is None else "given"}
    costs = {} if asked.seen else _costs(asked, cases, cut_at, seed)
    return {
        **costs,
        "operating": operating,
        "predictive_values": {**values.to_dict(), **given},
        "decision": {**_curve(curve), **given},
    }


def _costs(asked: _Asked, cases: Cases, cut: float, seed: int) -> dict[str, Any]:
    """What a case costs on average at the run's own cut, and if everybody or nobody was called; nothing where the costs
    of errors are not known."""
    costs, at = asked.calibration.costs, asked.prevalence
    if costs is None:
        return {}
    share = cases.prevalence if at is None else at
    expected = replace(expected_cost(costs, cases, cut, at, seed=seed), threshold_from=asked.calibration.threshold_from)
    others = {"everybody": costs.false_alarm * (1 - share), "nobody": costs.miss * share}
    return {"costs": {**vars(costs), "prevalence": share, "expected": expected.to_dict(), **others}}


def _curve(curve: DecisionCurve) -> dict[str, Any]:
    parts = {name: getattr(curve, name) for name in ("model", "treat_all", "gain")}
    numbers = {
        name: {end: _short(getattr(one, end)) for end in ("value", "low", "high")} for name, one in parts.items()
    }
    return {"prevalence": curve.prevalence, "thresholds": _short(curve.thresholds), **numbers}


def _selective(asked: _Asked, called: NDArray[np.intp], seed: int, replicates: int) -> dict[str, Any]:
    """Accepted by the highest probability; errors at the run's own cuts."""
    right, sure = called == asked.truth, asked.probability.max(axis=1)
    curve = selective_curve(right, sure, groups=asked.groups, replicates=replicates, seed=seed)
    columns = {name: _short(getattr(curve, name)) for name in ("coverage", "risk", "low", "high", "confidence")}
    return {"aurc": curve.aurc.to_dict(), "best": curve.best, **columns}


def _gate(answers: Answers) -> dict[str, Any] | None:
    """Share of the cases that the gate refuses, which it had not seen."""
    if answers.strangeness is None or not np.isfinite(answers.strangeness).all():
        return None
    refused, everyone = answers.strangeness > 1, np.ones(len(answers.strangeness), dtype=np.bool_)
    patients = Patients.of(answers.groups, len(refused))
    limits = proportion_interval(refused, everyone, patients)
    share = Estimate(float(refused.mean()), *limits, len(refused), patients.number(everyone))
    return {"refused": share.to_dict(), "median": float(np.median(answers.strangeness))}


def _short(values: Floats) -> list[float]:
    return [round(value, 6) for value in values.tolist()]
