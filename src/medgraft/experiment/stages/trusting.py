"""Stage: what the answers are worth. Calibrator, sets of labels, cuts and the gate join the bundle, which is written.

All are made of cases that the model has not learnt from (``HeldOut``), never of test cases. The calibrator is chosen
by cross-validation; sets and cuts are made of what it says of cases outside its own fold. A calibrator learns from
errors: with fewer than ``FEWEST_ERRORS`` patients who are answered wrongly, probabilities stay as they are, because a
model that never erred among some cases is not thereby certain.

The gate judges the features that the head sees. Of a frozen backbone each case of train and validation is strange or
not by detectors of other patients; a network that was trained knows its training cases too well, so that the bounds
come from validation alone. Pictures have equal channels by then: a model of grey pictures sees the luma of coloured
ones, a model of coloured pictures sees grey ones as three equal channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.cohort.folds import grouped_folds
from medgraft.errors import DataError, MedgraftError
from medgraft.experiment.stages.held_out import HeldOut
from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.trust_settings import TrustSection
from medgraft.measure.calibrating.chain import CalibrationChain
from medgraft.measure.calibrating.choosing import choose_calibrator
from medgraft.measure.conformal.quantile import fewest_scores
from medgraft.measure.conformal.split import ConformalSets, SetRule, calibrate_sets
from medgraft.measure.ood.catalogue import BUILT_IN
from medgraft.measure.ood.gate import Gate, GateRule, fit_gate, fit_gate_across
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.costs import Costs, cheapest_threshold
from medgraft.measure.operating.demanded import Demand, demanded_threshold
from medgraft.measure.threshold import choose_threshold
from medgraft.transfer.models.bundle import write_bundle
from medgraft.transfer.models.calibration import Calibration, DemandedCut
from medgraft.transfer.strategies.strategy import Material

__all__ = ["FEWEST_ERRORS", "MOST_CASES", "trust_stage"]

FEWEST_ERRORS = 10
FOLDS = 5
MOST_CASES = 1500
"""Cases that the gate learns from: its time grows with their square, and more hardly move its bounds."""
AMPLE = 3
"""So many times the fewest patients that a bound needs must be there for a further detector: the farthest of the own
kind, which every kind has, shall not be the bound."""
_GATE_STREAM = 11
"""Name of the stream of random numbers."""


@dataclass(frozen=True)
class _Question:
    """One question, of classes that exclude each other: the cases held out, those of validation, its positive class,
    and the share of that where the model will be used (``None``: as among the cases)."""

    held: HeldOut | None
    val: HeldOut | None
    positive: int | None
    prevalence: float | None = None


@dataclass(frozen=True)
class _Learnt:
    """The ``calibration``, what its calibrator says of the held-out cases outside their own fold (repeats, n, k), and
    the ``facts`` for ``trust.json``."""

    calibration: Calibration
    honest: NDArray[np.float64] | None
    facts: dict[str, Any]


def trust_stage(work: Workspace) -> None:
    """Fill in calibration and gate of ``work.bundle`` and write it; keep facts for ``trust.json`` and, in ``honest``,
    the mended out-of-fold probabilities."""
    if work.bundle is None:
        raise MedgraftError("judging answers: the transfer stage has not run")
    material, bundle = material_of(work), work.bundle
    held = HeldOut.of(material, bundle.head, work.out_of_fold)
    val = HeldOut.validation(material, bundle.head)
    options, share = (work.config.trust, work.config.seed), work.config.evaluation.prevalence
    if bundle.task.kind == "multi-label":
        names = bundle.task.labels
        asked = [[one and one.question(place) for one in (held, val)] for place in range(len(names))]
        each = [_learnt(_Question(ours, theirs, 1, share), *options) for ours, theirs in asked]
        calibration = Calibration(per_label=dict(zip(names, [one.calibration for one in each], strict=True)))
        work.trust = {"per_label": dict(zip(names, [one.facts for one in each], strict=True))}
        honest = None if held is None else _joined(held, each)
    else:
        found = _learnt(_Question(held, val, bundle.task.positive_index, share), *options)
        calibration, honest, work.trust = found.calibration, found.honest, found.facts
    work.honest = honest if work.out_of_fold is not None else None
    gate, told = _gate(work, material)
    work.trust["gate"] = told
    work.bundle = replace(bundle, calibration=calibration, gate=gate)
    write_bundle(work.run.bundle, work.bundle, gallery=work.config.bundle.gallery)


def _joined(held: HeldOut, each: list[_Learnt]) -> NDArray[np.float64]:
    """(repeats, n, labels); where a label is not known, what its whole calibrator says."""
    columns = []
    for place, one in enumerate(each):
        known, yes = held.truth[:, place] >= 0, held.probability[:, :, place].copy()
        pairs = np.stack([1 - yes[:, ~known], yes[:, ~known]], axis=-1)
        if one.honest is not None:
            yes[:, known] = one.honest[:, :, 1]
        if pairs.size and one.calibration.chain.maps:
            yes[:, ~known] = one.calibration.chain(pairs.reshape(-1, 2)).reshape(pairs.shape)[:, :, 1]
        columns.append(yes)
    return np.stack(columns, axis=-1)


def _learnt(question: _Question, settings: TrustSection, seed: int) -> _Learnt:
    """Everything of one question; without held-out cases of two classes there is nothing to learn from."""
    held = question.held
    if held is None or len(np.unique(held.truth)) < 2:
        return _Learnt(Calibration(), None if held is None else held.probability, {"learnt_from": None})
    chain, honest, facts = _mended(held, seed)
    told, said = held.answered(honest), question.val
    sets = _sets(told, settings, seed)
    seen = [] if said is None or len(np.unique(said.truth)) < 2 else [said.answered(chain(said.mean()))]
    calibration = Calibration(chain=chain, sets=sets, learnt_from=held.origin)
    if question.positive is not None:
        cases = [
            (one.origin, one.truth == question.positive, one.mean()[:, question.positive]) for one in (*seen, told)
        ]
        origin, truth, chances = cases[0]
        demanded, refused = _demanded(*cases[-1], settings)
        calibration = replace(
            calibration, threshold=choose_threshold(truth, chances), threshold_from=origin, demanded=demanded
        )
        calibration = _cheapest(calibration, cases[-1], settings.costs, question.prevalence)
        facts["too_few_for"] = refused
    return _Learnt(calibration, told.probability, {"learnt_from": held.origin, **facts})


def _mended(held: HeldOut, seed: int) -> tuple[CalibrationChain, NDArray[np.float64], dict[str, Any]]:
    """The calibrator, what it says of each held-out answer outside its own fold, and how it was chosen."""
    truth, chances, groups = held.stacked()
    persons, erring = np.unique(groups), np.unique(groups[chances.argmax(axis=1) != truth])
    facts: dict[str, Any] = {"patients": len(persons), "erring_patients": len(erring), "calibrator": None}
    if len(erring) < FEWEST_ERRORS or len(persons) < FOLDS:
        return CalibrationChain(), chances, facts
    folds = grouped_folds(truth, groups, folds=FOLDS, seed=seed)
    choice = choose_calibrator(truth, chances, folds, groups=groups)
    facts["calibrator"] = choice.to_dict()
    if choice.calibrator.kind == "none":
        return CalibrationChain(), chances, facts
    return CalibrationChain((choice.calibrator,)), choice.out_of_fold, facts


def _sets(told: HeldOut, settings: TrustSection, seed: int) -> ConformalSets | None:
    """``None`` where so few patients are there that every class would be in every set."""
    truth, chances, groups = told.stacked()
    sets = calibrate_sets(truth, chances, SetRule(alpha=settings.alpha), groups=groups, seed=seed)
    return sets if any(math.isfinite(one.bound) for one in sets.bounds) else None


def _demanded(
    origin: str, truth: NDArray[np.bool_], chances: NDArray[np.float64], settings: TrustSection
) -> tuple[tuple[DemandedCut, ...], list[str]]:
    """The cuts that can be promised, and for which demands the cases are too few."""
    cases, found, refused = Cases.of(truth, chances), list[DemandedCut](), list[str]()
    for of in ("sensitivity", "specificity"):
        for least in settings.demand:
            try:
                cut = demanded_threshold(Demand(of, least), cases)
            except DataError:
                refused.append(f"{of} {least:g}")
            else:
                found.append(DemandedCut(of, least, cut, origin))
    return tuple(found), refused


def _cheapest(
    calibration: Calibration,
    cases: tuple[str, NDArray[np.bool_], NDArray[np.float64]],
    costs: Costs | None,
    prevalence: float | None,
) -> Calibration:
    """With the cut that costs least on ``cases`` (where they are from, truth, chances), where costs are known."""
    if costs is None:
        return calibration
    origin, truth, chances = cases
    cut = min(1.0, cheapest_threshold(costs, Cases.of(truth, chances), prevalence))
    return replace(calibration, threshold=cut, threshold_from=origin, costs=costs)


def _gate(work: Workspace, material: Material) -> tuple[Gate | None, dict[str, Any]]:
    """The gate, and what it was made from; ``None`` where too few patients are there for any bound."""
    frozen = bool(work.bundle is not None and work.bundle.frozen)
    keep, taken = work.config.trust.keep, _drawn(material, work.config.seed)
    features, groups, is_val = material.features[taken], material.groups[taken], material.is_val[taken]
    labels = material.labels[taken] if material.labels.ndim == 1 else np.zeros(len(taken), np.int64)
    persons = len(np.unique(groups if frozen else groups[is_val]))
    kinds = [one.kind for one in BUILT_IN]
    while len(kinds) > 1 and persons < AMPLE * fewest_scores((1 - keep) / len(kinds)):
        kinds.pop()
    if persons < fewest_scores((1 - keep) / len(kinds)):
        kinds.clear()
    facts = {"features": "frozen" if frozen else "tuned", "patients": persons, "detectors": kinds}
    if not kinds or is_val.all():
        return None, facts
    rule, seed = GateRule(keep, tuple(kinds)), work.config.seed
    if not frozen:
        parts = (groups[~is_val], groups[is_val])
        return fit_gate(features[~is_val], labels[~is_val], features[is_val], groups=parts, rule=rule, seed=seed), facts
    # Of few cases every one counts, and folds cost nothing; of many three folds know nearly as much as ten.
    folds = grouped_folds(labels, groups, folds=max(3, min(10, 2000 // len(labels), persons)), seed=seed)
    return fit_gate_across(features, labels, folds, groups=groups, rule=rule, seed=seed), facts


def _drawn(material: Material, seed: int) -> NDArray[np.intp]:
    """Rows of whole patients, at most about ``MOST_CASES``."""
    if len(material.groups) <= MOST_CASES:
        return np.arange(len(material.groups))
    persons, codes, sizes = np.unique(material.groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng((_GATE_STREAM, seed)).permutation(len(persons))
    kept = order[np.cumsum(sizes[order]) <= MOST_CASES]
    return np.flatnonzero(np.isin(codes, kept))
