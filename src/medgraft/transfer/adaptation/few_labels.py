"""Labelled target cases, and how they are learnt from: the one place for all methods.

A method that fits a head adds them to its training cases (``Labelled``); one that has no source cases moves its head
towards them and no farther than they carry (``moved_to_labels``). A labelled target case counts as several source
cases, until both sides together count alike: the error that is minimised is a weighted one of both sites.

Source: Ben-David et al. 2010, A Theory of Learning from Different Domains (α-weighted error).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.adaptation.adaptation import Pair, TargetCases
from medgraft.transfer.adaptation.refining import TargetRows, cross_entropy, refine
from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["Labelled", "known_labels", "label_weight", "moved_to_labels"]

Array = NDArray[np.float64]

_AXES, _PULL = 64, 10.0


def label_weight(others: float, known: int, wanted: float) -> float:
    """What a labelled target case counts, beside others that count ``others`` together: ``wanted``, or less where
    ``known`` of them would count more than those."""
    return min(wanted, others / known) if known else 0.0


@dataclass(frozen=True)
class Labelled:
    """Cases that a head is fitted to: ``rows`` (n, r) in whatever space, ``labels`` and ``groups`` (n,), ``weights``
    (n,) in the loss."""

    rows: Array
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    weights: Array

    @classmethod
    def of(
        cls, pair: Pair, source: Array, target: Array, target_weight: float, weights: Array | None = None
    ) -> Labelled:
        """All source cases at ``source`` (n, r) with ``weights`` (n,), 1 if not given, and the labelled target cases
        at their rows of ``target`` (m, r)."""
        given, known = pair.seen_source, pair.target.known
        own = np.ones(len(source)) if weights is None else weights
        more = np.full(len(known), label_weight(float(own.sum()), len(known), target_weight))
        return cls(
            np.concatenate([source, target[known]]),
            np.concatenate([given.labels, known_labels(pair.target)]),
            np.concatenate([given.groups, pair.target.groups[known]]),
            np.concatenate([own, more]),
        )


def known_labels(target: TargetCases) -> NDArray[np.int64]:
    """Labels of the rows ``target.known``."""
    return np.zeros(0, np.int64) if target.labels is None else target.labels[target.known]


def moved_to_labels(head: LinearHead, target: TargetCases, target_weight: float) -> LinearHead:
    """``head`` moved to fit the labelled of the target cases, held to where it was by a penalty that falls with their
    number and weight; the same head where there are none. ``target.features`` are those that the head reads."""
    known = target.known
    if not len(known) or target_weight == 0:
        return head
    rows = TargetRows.of(head, target.features, _AXES)
    weights = np.zeros(len(target.features))
    weights[known] = 1.0
    labels = np.zeros(len(weights), np.int64)
    labels[known] = known_labels(target)
    loss = cross_entropy(np.eye(head.shape[0])[labels], weights)
    found = refine(rows, loss, through=np.eye(head.shape[0]), pull=_PULL / (len(known) * target_weight))
    return rows.moved(found, np.eye(head.shape[0]))
