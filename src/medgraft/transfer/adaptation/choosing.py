"""``auto``: every method that serves is tried, and one of them is used only where evidence is for it.

A jury (``juries.py``) judges the candidates on several draws of patients, by labels of the target where there are some,
by the source's stand-in for the target where one is like it, and else by what the methods agree on. Where the shift is
one of class shares alone, methods that take a difference of shares for one of pictures are not tried. Where a stand-in
was looked for and is not like the target, what differs cannot be reproduced and nothing without labels tells whether
adapting helps: the source's model is kept. The guard has the last word (``guard.py``). What the source's labels say
(``weighted_validation.py``) is told beside.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import MedgraftError
from medgraft.progress import Progress
from medgraft.transfer.adaptation.adaptation import Adapted, Pair
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.guard import Verdict, guard
from medgraft.transfer.adaptation.juries import LABELS, Jury, jury_for, made
from medgraft.transfer.adaptation.stand_in import EXPLAINED
from medgraft.transfer.adaptation.weighted_validation import weighted_validation
from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["SOURCE_ONLY", "Choice", "adapt_automatically", "served"]

Array = NDArray[np.float64]

SOURCE_ONLY = "source-only"
_QUICK = (
    "acquisition-matching",
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
_DRAWS = 5


@dataclass(frozen=True)
class Choice:
    """``names``: candidates, source-only first; ``jury``: who judged; ``verdict`` by their places; ``results``: what
    each gave on all cases; ``scores``: of each (draws, candidates), or (1, candidates) where all cases are looked at
    once; ``alone``: what the guard would say of each candidate if it were the only one; ``seconds`` a candidate;
    ``failed``: who could not be tried, and why."""

    names: tuple[str, ...]
    jury: str
    verdict: Verdict
    results: dict[str, Adapted]
    scores: dict[str, Array]
    alone: dict[str, Verdict]
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
    if pair.stand_in is not None and pair.stand_in.acquisition:
        here.add("stand-in")
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
    progress, jury = progress or Progress(), jury_for(pair)
    results, seconds, failed = dict[str, Adapted](), dict[str, float](), dict[str, str]()
    for name in served(pair, labels_only=labels_only):
        began = time.perf_counter()
        try:
            results[name] = made(name).adapt(pair)
        except MedgraftError as error:
            failed[name] = str(error)
        seconds[name] = time.perf_counter() - began
    names = tuple(results)
    scores = {column: np.full((draws, len(names)), np.nan) for column in (*jury.voting, *jury.told)}
    for number in progress.track(range(draws), total=draws, label="judging adaptations"):
        for name, told in jury.judge(pair, names, number).items():
            for column, value in told.items():
                scores[column][number, names.index(name)] = value
    objection = _objection(pair, jury, shifted=shifted)

    def of(places: list[int]) -> Verdict:
        votes = {column: scores[column][:, places] for column in jury.voting}
        collapsed = [results[names[place]].collapsed for place in places]
        return guard(votes, collapsed=collapsed, objection=objection, least=jury.least)

    verdict = of(list(range(len(names))))
    alone = {name: of([0, place]) for place, name in enumerate(names) if place}
    scores |= weighted_validation(pair, results)
    return Choice(names, jury.name, verdict, results, scores, alone, seconds, failed)


def _objection(pair: Pair, jury: Jury, *, shifted: bool) -> str | None:
    """What speaks against adapting before anyone is judged; nothing where labels judge."""
    if jury is LABELS:
        return None
    if not shifted:
        return "the target is not found to be different: there is nothing to mend"
    if pair.stand_in is not None and not pair.stand_in.serves:
        return (
            f"changes of acquisition explain {pair.stand_in.explained:.0%} of what differs, and {EXPLAINED:.0%} is "
            "needed: what else differs cannot be judged without labels"
        )
    return None
