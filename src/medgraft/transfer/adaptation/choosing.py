"""``auto``: every method that serves is tried, and one of them is used only where evidence is for it.

Without target labels the vote is ``consensus``, on several draws of the patients of both sides: how far a candidate
calls what the other methods call that read the source's cases. They err in different ways, so that what they agree on
and the source's model does not is evidence against it. Certainty (``entropy``), soft neighbourhoods (``snd``) and
mutual information (``infomax``) are told beside it and do not vote: they like best what is surest, and among methods
that make a model surer that was wrong more often than right (``bench/adaptation.py``). With labels of target cases
these alone decide: half of them are hidden from the methods in each draw, whose answers to them are judged by their
log-loss (``labels``) and their order (``order``, AUROC).

Where the shift is one of class shares alone, methods that take a difference of shares for one of pictures are not
tried. The guard has the last word (``guard.py``). What the source's labels say (``weighted_validation.py``) is told.

Reverse validation (Bruzzone & Marconcini 2010) is not among them: the source's model explains itself, so that it is
always found to be right. Source: Musgrave, Belongie & Lim 2022 (no score is best everywhere); Garg et al. 2022 and Baek
et al. 2022 (agreement of models tells their accuracy); the scores themselves in ``measure/unlabelled``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medgraft.errors import MedgraftError
from medgraft.measure.intervals.delong import macro_influence
from medgraft.measure.patients import Patients
from medgraft.measure.shift.answers import Answers
from medgraft.measure.unlabelled.catalogue import score_model
from medgraft.measure.unlabelled.score import ModelEvidence
from medgraft.progress import Progress
from medgraft.transfer.adaptation.adaptation import (
    FEWEST,
    Adaptation,
    Adapted,
    Pair,
    SourceCases,
    TargetCases,
)
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.guard import Verdict, guard
from medgraft.transfer.adaptation.weighted_validation import weighted_validation
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases

__all__ = ["Choice", "adapt_automatically", "served"]

Array = NDArray[np.float64]

SOURCE_ONLY = "source-only"
_QUICK = (
    "standardise",
    "coral",
    "subspace-alignment",
    "optimal-transport",
    "linear-optimal-transport",
    "importance-weighting",
    "label-shift",
    "pseudo-labels",
    "shot",
)
"""Of seconds each, in the order in which equal ones are preferred."""
_FROM_LABELS = "pooled-labels"
_OF_ANSWERS, _CONSENSUS = ("entropy", "snd", "infomax"), "consensus"
_DRAWS, _SHARE = 5, 0.8
_FEWEST_LABELS = 10
_SURE = 0.6
"""One score: a vote of four fifths of the draws, by the rule of succession."""
_OF_LABELS = ("labels", "order")
_SURE_BY_LABELS = 0.7
"""Two scores, all draws for both, are 3/4 by the rule of succession."""
_TINY = 1e-12
_INNER_FOLDS = 5


@dataclass(frozen=True)
class Choice:
    """``names``: candidates, source-only first; ``verdict`` by their places; ``results``: what each gave on all cases;
    ``scores``: of each (draws, candidates), or (1, candidates) where all cases are looked at once; ``seconds`` a
    candidate; ``failed``: who could not be tried, and why."""

    names: tuple[str, ...]
    verdict: Verdict
    results: dict[str, Adapted]
    scores: dict[str, Array]
    seconds: dict[str, float]
    failed: dict[str, str]

    @property
    def chosen(self) -> str:
        """The name of what is used."""
        return self.names[self.verdict.chosen]


def served(pair: Pair, *, labels_only: bool = False) -> tuple[str, ...]:
    """Candidates that the pair has all for, source-only first. ``labels_only``: the shift is one of class shares."""
    here = {"source features"} if pair.source is not None else set[str]()
    if isinstance(pair.head, LinearHead) and pair.head.kind == "linear":
        here.add("linear head")
    names = [*_QUICK, *([_FROM_LABELS] if len(pair.target.known) else [])]
    kinds = [(name, ADAPTATIONS.get(name)) for name in names]
    return (
        SOURCE_ONLY,
        *(name for name, kind in kinds if kind.needs <= here and not (labels_only and kind.same_shares)),
    )


def adapt_automatically(
    pair: Pair,
    *,
    shifted: bool = True,
    labels_only: bool = False,
    draws: int = _DRAWS,
    progress: Progress | None = None,
) -> Choice:
    """``shifted``, ``labels_only``: what the test of shift found. Raises ``UsageError`` without the source's cases."""
    progress = progress or Progress()
    results, seconds, failed = dict[str, Adapted](), dict[str, float](), dict[str, str]()
    for name in served(pair, labels_only=labels_only):
        began = time.perf_counter()
        try:
            results[name] = _made(name).adapt(pair)
        except MedgraftError as error:
            failed[name] = str(error)
        seconds[name] = time.perf_counter() - began
    names = tuple(results)
    by_labels = len(pair.target.known) >= _FEWEST_LABELS
    columns = _OF_LABELS if by_labels else (_CONSENSUS, *_OF_ANSWERS)
    scores = {column: np.full((draws, len(names)), np.nan) for column in columns}
    for number in progress.track(range(draws), total=draws, label="judging adaptations"):
        draw = _drawn(pair, number, hide=by_labels)
        if draw is None:
            continue
        for name, told in _scored(names, draw, by_labels=by_labels).items():
            for column, value in told.items():
                scores[column][number, names.index(name)] = value
    voting = _OF_LABELS if by_labels else (_CONSENSUS,)
    verdict = guard(
        {column: scores[column] for column in voting},
        collapsed=[results[name].collapsed for name in names],
        shifted=shifted or by_labels,
        least=_SURE_BY_LABELS if by_labels else _SURE,
    )
    return Choice(names, verdict, results, scores | weighted_validation(pair, results), seconds, failed)


def _made(name: str) -> Adaptation:
    kind = ADAPTATIONS.get(name)
    return kind(kind.Config())


@dataclass(frozen=True)
class _Draw:
    """``pair`` of some patients of both sides; ``hidden`` rows of its target, whose labels ``truth`` it lacks."""

    pair: Pair
    hidden: NDArray[np.int64]
    truth: NDArray[np.int64]


def _drawn(pair: Pair, number: int, *, hide: bool) -> _Draw | None:
    """``None`` where a side would be too small or lack a class."""
    source, target, rng = pair.seen_source, pair.target, np.random.default_rng((pair.seed, number))
    ours, theirs, labels = _some(source.groups, rng), np.arange(len(target.features)), target.labels
    hidden = np.zeros(0, np.int64)
    if hide and labels is not None:
        known = target.known
        hidden = np.delete(known, _some(target.groups[known], rng, share=0.5))
        labels = np.where(np.isin(theirs, hidden), -1, labels)
    elif not hide:
        theirs = _some(target.groups, rng)
        labels = None if labels is None else labels[theirs]
    few = min(len(ours), len(theirs)) < FEWEST or len(np.unique(source.labels[ours])) < pair.n_classes
    if few or (hide and not len(hidden)):
        return None
    sites = None if source.sites is None else source.sites[ours]
    seen = SourceCases(source.features[ours], source.labels[ours], source.groups[ours], sites)
    there = TargetCases(target.features[theirs], target.groups[theirs], labels)
    head = _probe(seen.features, seen.labels, seen.groups, pair)
    truth = np.zeros(0, np.int64) if target.labels is None else target.labels[hidden]
    return _Draw(replace(pair, source=seen, target=there, head=head), hidden, truth)


def _some(groups: NDArray[np.int64], rng: np.random.Generator, share: float = _SHARE) -> NDArray[np.intp]:
    """Rows of a share of the patients."""
    patients = np.unique(groups)
    kept = rng.permutation(patients)[: max(1, round(share * len(patients)))]
    return np.flatnonzero(np.isin(groups, kept))


def _scored(names: tuple[str, ...], draw: _Draw, *, by_labels: bool) -> dict[str, dict[str, float]]:
    """By candidate and score, higher is better; without those that cannot be tried on these cases."""
    answers = dict[str, Array]()
    for name in names:
        try:
            found = np.maximum(_made(name).adapt(draw.pair).probability, _TINY)
        except MedgraftError:
            continue
        answers[name] = found / found.sum(axis=1, keepdims=True)
    if by_labels:
        return {name: _of_labels(found[draw.hidden], draw.truth) for name, found in answers.items()}
    truth, classes = draw.pair.seen_source.labels, np.eye(draw.pair.n_classes)
    called = {name: found.argmax(axis=1) for name, found in answers.items()}
    fresh = [name for name in answers if "source features" in ADAPTATIONS.get(name).needs]
    scores = dict[str, dict[str, float]]()
    for name, found in answers.items():
        told = score_model(ModelEvidence(Answers.of(classes[truth], truth, found), seed=draw.pair.seed))
        alike = [float(np.mean(called[name] == called[other])) for other in fresh if other != name]
        scores[name] = {score: told[score] for score in _OF_ANSWERS}
        scores[name][_CONSENSUS] = float(np.mean(alike)) if alike else float("nan")
    return scores


def _of_labels(answers: Array, truth: NDArray[np.int64]) -> dict[str, float]:
    """Mean log-chance of the truth, and AUROC."""
    order = macro_influence(truth, answers, Patients.of(None, len(truth))).value
    return {"labels": float(np.log(answers[np.arange(len(truth)), truth]).mean()), "order": order}


def _probe(
    features: NDArray[np.float32], labels: NDArray[np.int64], groups: NDArray[np.int64], pair: Pair
) -> LinearHead:
    """The linear probe of some cases."""
    with threadpool_limits(1, user_api="blas"):
        cases = Cases(signed_root(features), labels, groups, pair.n_classes)
        fitted = LinearProbe(LinearProbeConfig()).fitted(cases, inner_folds=_INNER_FOLDS, seed=pair.seed, exact=False)
    return fitted.head(rooted=True)
