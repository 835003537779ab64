"""What the source's own labels say of candidates: IWCV and DEV, told beside the votes of ``auto``.

Each source case is answered by a model that was fitted without its label, and counts by how much likelier it would be
among the target's cases, where the candidate reads both sides; half of the source's patients tell that for the other
half. Both scores hold where pictures of one kind are labelled alike at both sites, and the source has all kinds. A
candidate has none of these scores where it has no held-out answers (those that move a head by the target's cases alone,
and optimal transport, whose plan reads the labels of all source cases), and where next to no source case looks like the
target's: then nothing is weighed, and no error would be no merit.

Sources: Sugiyama et al. 2007 (IWCV); You et al. 2019 (DEV).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medgraft.measure.unlabelled.density_ratio import density_ratio
from medgraft.measure.unlabelled.dev import controlled_score
from medgraft.measure.unlabelled.iwcv import weighted_score
from medgraft.transfer.adaptation.adaptation import Adapted, Pair
from medgraft.transfer.adaptation.juries import source_probe
from medgraft.transfer.models.root import signed_root

__all__ = ["WEIGHTED", "weighted_validation"]

Array = NDArray[np.float64]

WEIGHTED = ("iwcv", "dev")
_SOURCE_ONLY = "source-only"
_STREAM, _MOST = 7, 1000
_LEAST = 0.2
"""Mean weight, which is 1 in theory."""


def weighted_validation(pair: Pair, results: Mapping[str, Adapted]) -> dict[str, Array]:
    """``iwcv`` and ``dev``: (1, candidates) in the order of ``results``, higher is better, NaN where there is none. The
    answers of source-only are those of a probe of the source's cases, by folds of patients."""
    found = np.full((len(WEIGHTED), len(results)), np.nan)
    labels, unmoved = pair.seen_source.labels, None
    with threadpool_limits(1, user_api="blas"):
        for place, (name, result) in enumerate(results.items()):
            answers = source_probe(pair.seen_source, pair).held_out if name == _SOURCE_ONLY else result.held_out
            if answers is None:
                continue
            if result.moved is not None:
                moved = result.moved()
                weights = _weights(pair, moved.source, moved.target)
            else:
                unmoved = weights = _weights(pair, None, None) if unmoved is None else unmoved
            if weights.mean() < _LEAST:
                continue
            wrong = answers.argmax(axis=1) != labels
            found[:, place] = weighted_score(weights, wrong), controlled_score(weights, wrong)
    return {name: row[None] for name, row in zip(WEIGHTED, found, strict=True)}


def _weights(pair: Pair, source: NDArray[np.float64] | None, target: NDArray[np.float64] | None) -> Array:
    """(n,) of the source's cases, where a candidate reads them; each half of the patients by the other."""
    given = pair.seen_source
    here = np.asarray(signed_root(given.features) if source is None else source, np.float64)
    there = np.asarray(signed_root(pair.target.features) if target is None else target, np.float64)
    generator = np.random.default_rng((_STREAM, pair.seed))
    there = there[np.sort(generator.permutation(len(there))[:_MOST])]
    patients = np.unique(given.groups)
    second = np.isin(given.groups, generator.permutation(patients)[: len(patients) // 2])
    weights = np.ones(len(here))
    for half in (second, ~second):
        train = np.flatnonzero(~half)
        train = np.sort(generator.permutation(train)[:_MOST])
        if len(train) and half.any():
            weights[half] = density_ratio(here[train], there, here[half], seed=pair.seed)
    return weights
