"""SHOT: the source's head stays, and the target's features are moved until it is sure of each case, and of all classes.

A linear map of the features on the target's principal axes (the identity and an offset at first) is learnt from
``mean H(p) − H(mean p) + β · log-loss of pseudo-labels``: every answer sure, all answers together even. Pseudo-labels
are those of the nearest class prototype, found anew in every round. Only the model travels. Because the answers
together are made even, it harms where the target has few of a class.

Source: Liang, Hu & Feng 2020, Do We Really Need to Access the Source Data? Source Hypothesis Transfer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, AdaptationConfig, Adapted, Axes, Need, Pair
from medgraft.transfer.adaptation.collapse import collapse_reason
from medgraft.transfer.adaptation.few_labels import known_labels, label_weight
from medgraft.transfer.adaptation.refining import Loss, TargetRows, cross_entropy, refine
from medgraft.transfer.models.heads.head import softmax

__all__ = ["Shot", "ShotConfig", "information", "prototype_labels"]

Array = NDArray[np.float64]

_TINY = 1e-12


class ShotConfig(AdaptationConfig):
    """Options of SHOT."""

    kind: Literal["shot"] = "shot"
    axes: Axes = 64
    rounds: Annotated[int, Field(ge=1, le=100, description="times that pseudo-labels are found anew")] = 5
    diversity: Annotated[float, Field(ge=0, description="weight of the entropy of the mean answer")] = 1.0
    pseudo: Annotated[float, Field(ge=0, description="weight of the log-loss of the pseudo-labels")] = 0.3
    pull: Annotated[float, Field(gt=0, description="weight of the squared distance of the map from the identity")] = (
        0.05
    )


def information(diversity: float) -> Loss:
    """``mean H(p) − diversity · H(mean p)`` of logits (m, classes), in nats, with its derivative."""

    def loss(logits: Array) -> tuple[float, Array]:
        chances = softmax(logits)
        logs = np.log(np.maximum(chances, _TINY))
        entropy = -(chances * logs).sum(axis=1, keepdims=True)
        mean = chances.mean(axis=0)
        log_mean = np.log(np.maximum(mean, _TINY))
        value = float(entropy.mean()) + diversity * float(mean @ log_mean)
        pulled = chances * (log_mean - (chances @ log_mean)[:, None])
        return value, (-chances * (logs + entropy) + diversity * pulled) / len(logits)

    return loss


def prototype_labels(rows: Array, chances: Array) -> NDArray[np.int64]:
    """(m,) the class whose prototype is nearest by cosine: first the mean of ``rows`` (m, r) weighted by ``chances``
    (m, classes), then that of the cases so labelled."""
    extended = np.hstack([rows, np.ones((len(rows), 1))])
    unit = extended / np.maximum(np.linalg.norm(extended, axis=1, keepdims=True), _TINY)
    weights, labels = chances, chances.argmax(axis=1)
    for _ in range(2):
        centres = weights.T @ unit
        lengths = np.linalg.norm(centres, axis=1)
        likeness = unit @ (centres / np.maximum(lengths, _TINY)[:, None]).T
        likeness[:, lengths == 0] = -np.inf  # a class that nobody was given has no prototype
        labels = likeness.argmax(axis=1)
        weights = np.eye(chances.shape[1])[labels]
    return np.asarray(labels, np.int64)


@ADAPTATIONS.register("shot")
class Shot:
    """The target's features moved to where the source's head is sure."""

    name: ClassVar[str] = "shot"
    paper: ClassVar[str] = "Liang, Hu & Feng 2020, Do We Really Need to Access the Source Data?"
    needs: ClassVar[frozenset[Need]] = frozenset({"linear head"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: a few minimisations on the target's features"
    Config: ClassVar[type[BaseModel]] = ShotConfig

    def __init__(self, config: ShotConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        rows = TargetRows.of(pair.linear_head, pair.target.features, config.axes)
        moved, chances = rows.coordinates, softmax(rows.base)
        found, history = np.zeros((moved.shape[1] + 1, moved.shape[1])), list[dict[str, Any]]()
        for number in range(1, config.rounds + 1):
            loss = self._loss(pair, prototype_labels(moved, chances))
            found = refine(rows, loss, through=rows.reading, pull=config.pull)
            moved = rows.coordinates + rows.coordinates @ found[:-1] + found[-1]
            before, chances = chances, softmax(rows.logits(found, rows.reading))
            turned = float(np.mean(before.argmax(axis=1) != chances.argmax(axis=1)))
            history.append({"round": number, "loss": loss(rows.logits(found, rows.reading))[0], "turned": turned})
        facts = {"target_labels": len(pair.target.known), "distance": float(np.linalg.norm(found))}
        done = Adapted.on_features(rows.moved(found, rows.reading), pair, history=history, facts=facts)
        return replace(done, collapsed=collapse_reason(softmax(rows.base), done.probability, pair.source_prior))

    def _loss(self, pair: Pair, labels: NDArray[np.int64]) -> Loss:
        """Information, pseudo-labels and known labels together."""
        config, identity, known = self.config, np.eye(pair.n_classes), pair.target.known
        wanted, weights = identity[labels], np.ones(len(labels))
        wanted[known] = identity[known_labels(pair.target)]
        weights[known] += label_weight(len(labels), len(known), config.target_weight)
        # Known labels weigh as much as they are, not as little as pseudo-labels may.
        share = config.pseudo if not len(known) else max(config.pseudo, weights[known].sum() / weights.sum())
        told, sure = cross_entropy(wanted, weights), information(config.diversity)

        def loss(logits: Array) -> tuple[float, Array]:
            (one, slope), (other, slope_other) = sure(logits), told(logits)
            return one + share * other, slope + share * slope_other

        return loss
