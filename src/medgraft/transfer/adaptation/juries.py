"""Who judges the candidates of ``auto``: one of three juries, by what evidence there is, each on several draws.

*Labels*, where ten target cases or more have one: half of them are hidden from the methods, whose answers to them are
judged by their log-loss (``labels``) and their order (``order``, AUROC).

*Stand-in*, where changes of acquisition bring the source's pictures near the target's (``stand_in.py``): methods adapt
from half of the source's patients to the stand-in of the other half, whose labels are known and not shown, and are
judged by the same two.

*Consensus* else, on draws of the patients of both sides: how far a candidate calls what the other methods call that
read the source's cases. They err in different ways, so that what they agree on and the source's model does not is
evidence against it, though no strong one. Certainty (``entropy``), soft neighbourhoods (``snd``) and mutual information
(``infomax``) are told beside it and do not vote: they like best what is surest, and among methods that make a model
surer that was wrong more often than right (``bench/adaptation.py``).

Reverse validation (Bruzzone & Marconcini 2010) is not among them: the source's model explains itself, so that it is
always found to be right. Source: Musgrave, Belongie & Lim 2022 (no score is best everywhere); Garg et al. 2022 and Baek
et al. 2022 (agreement of models tells their accuracy); the scores themselves in ``measure/unlabelled``.
"""

from __future__ import annotations

from collections.abc import Callable
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
from medgraft.transfer.adaptation.adaptation import FEWEST, Adaptation, Pair, SourceCases, TargetCases
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.linear_probe import FittedProbe, LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases

__all__ = ["CONSENSUS", "LABELS", "STAND_IN", "Jury", "Scores", "jury_for", "made", "source_probe"]

Array = NDArray[np.float64]
Scores = dict[str, dict[str, float]]
"""By candidate and score, higher is better."""

_OF_ANSWERS = ("entropy", "snd", "infomax")
_SHARE = 0.8
_FEWEST_LABELS = 10
_TINY = 1e-12
_INNER_FOLDS = 5


@dataclass(frozen=True)
class Jury:
    """``judge(pair, names, number)``: scores of one draw, without candidates that cannot be tried on it; ``voting``
    are those that count, ``told`` the others; ``least``: sureness (``guard.py``) from which a candidate is used."""

    name: str
    voting: tuple[str, ...]
    told: tuple[str, ...]
    least: float
    judge: Callable[[Pair, tuple[str, ...], int], Scores]


def jury_for(pair: Pair) -> Jury:
    """The best that the pair has evidence for."""
    if len(pair.target.known) >= _FEWEST_LABELS:
        return LABELS
    return STAND_IN if pair.stand_in is not None and pair.stand_in.serves else CONSENSUS


def made(name: str) -> Adaptation:
    """A method with the options that it has if nothing is said."""
    kind = ADAPTATIONS.get(name)
    return kind(kind.Config())


def _by_labels(pair: Pair, names: tuple[str, ...], number: int) -> Scores:
    target, rng = pair.target, _stream(pair, number)
    ours = _some(pair.seen_source.groups, rng)
    known = target.known
    hidden = np.delete(known, _some(target.groups[known], rng, share=0.5))
    if target.labels is None or not len(hidden):
        return {}
    labels = np.where(np.isin(np.arange(len(target.labels)), hidden), -1, target.labels)
    drawn = _drawn(pair, ours, replace(target, labels=labels))
    if drawn is None:
        return {}
    found, truth = _answers(names, drawn), target.labels[hidden]
    return {name: dict(zip(LABELS.voting, _judged(each[hidden], truth), strict=True)) for name, each in found.items()}


def _by_stand_in(pair: Pair, names: tuple[str, ...], number: int) -> Scores:
    source, rng = pair.seen_source, _stream(pair, number)
    ours = _some(source.groups, rng, share=0.5)
    theirs = np.delete(np.arange(len(source.labels)), ours)
    there = TargetCases(pair.seen_stand_in.features[theirs], source.groups[theirs])
    drawn = _drawn(pair, ours, there)
    if drawn is None:
        return {}
    truth = source.labels[theirs]
    found = _answers(names, drawn)
    return {name: dict(zip(STAND_IN.voting, _judged(each, truth), strict=True)) for name, each in found.items()}


def _by_consensus(pair: Pair, names: tuple[str, ...], number: int) -> Scores:
    target, rng = pair.target, _stream(pair, number)
    ours = _some(pair.seen_source.groups, rng)
    theirs = _some(target.groups, rng)
    labels = None if target.labels is None else target.labels[theirs]
    drawn = _drawn(pair, ours, TargetCases(target.features[theirs], target.groups[theirs], labels))
    if drawn is None:
        return {}
    answers = _answers(names, drawn)
    truth, classes = drawn.seen_source.labels, np.eye(pair.n_classes)
    called = {name: found.argmax(axis=1) for name, found in answers.items()}
    fresh = [name for name in answers if "source features" in ADAPTATIONS.get(name).needs]
    scores = Scores()
    for name, found in answers.items():
        told = score_model(ModelEvidence(Answers.of(classes[truth], truth, found), seed=pair.seed))
        alike = [float(np.mean(called[name] == called[other])) for other in fresh if other != name]
        scores[name] = {score: told[score] for score in _OF_ANSWERS}
        scores[name]["consensus"] = float(np.mean(alike)) if alike else float("nan")
    return scores


LABELS = Jury("labels", ("labels", "order"), (), 0.7, _by_labels)
"""Two scores, all draws for both, are 3/4 by the rule of succession."""
STAND_IN = Jury("stand-in", ("stand-in", "stand-in order"), (), 0.7, _by_stand_in)
CONSENSUS = Jury("consensus", ("consensus",), _OF_ANSWERS, 0.6, _by_consensus)
"""One score: a vote of four fifths of the draws, by the rule of succession."""


def _stream(pair: Pair, number: int) -> np.random.Generator:
    return np.random.default_rng((pair.seed, number))


def _some(groups: NDArray[np.int64], rng: np.random.Generator, share: float = _SHARE) -> NDArray[np.intp]:
    """Rows of a share of the patients."""
    patients = np.unique(groups)
    kept = rng.permutation(patients)[: max(1, round(share * len(patients)))]
    return np.flatnonzero(np.isin(groups, kept))


def _drawn(pair: Pair, ours: NDArray[np.intp], target: TargetCases) -> Pair | None:
    """The pair of these source cases and that target; ``None`` where a side is too small or lacks a class."""
    source = pair.seen_source
    if min(len(ours), len(target.features)) < FEWEST or len(np.unique(source.labels[ours])) < pair.n_classes:
        return None
    sites = None if source.sites is None else source.sites[ours]
    seen = SourceCases(source.features[ours], source.labels[ours], source.groups[ours], sites)
    stand_in = None if pair.stand_in is None else pair.stand_in.take(ours)
    head = source_probe(seen, pair).head(rooted=True)
    return replace(pair, source=seen, target=target, head=head, stand_in=stand_in)


def _answers(names: tuple[str, ...], pair: Pair) -> dict[str, Array]:
    """Chances by candidate, (m, classes), above 0."""
    answers = dict[str, Array]()
    for name in names:
        try:
            found = np.maximum(made(name).adapt(pair).probability, _TINY)
        except MedgraftError:
            continue
        answers[name] = found / found.sum(axis=1, keepdims=True)
    return answers


def _judged(answers: Array, truth: NDArray[np.int64]) -> tuple[float, float]:
    """Mean log-chance of the truth, and AUROC."""
    order = macro_influence(truth, answers, Patients.of(None, len(truth))).value
    return float(np.log(answers[np.arange(len(truth)), truth]).mean()), order


def source_probe(source: SourceCases, pair: Pair) -> FittedProbe:
    """The linear probe of some source cases."""
    with threadpool_limits(1, user_api="blas"):
        cases = Cases(signed_root(source.features), source.labels, source.groups, pair.n_classes)
        return LinearProbe(LinearProbeConfig()).fitted(cases, inner_folds=_INNER_FOLDS, seed=pair.seed, exact=False)
