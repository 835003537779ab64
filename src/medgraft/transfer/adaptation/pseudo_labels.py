"""Pseudo-labels: the head learns from its own surest answers, the same share of each class.

In every round the surest part of the cases called a class, above a threshold, are taken as labelled; the source's head
is moved towards them, always from where it started, and the part grows. Only the model travels. What is wrong and sure
is learnt, too: it helps where the source's model is mostly right.

Source: Lee 2013, Pseudo-Label; Zou, Yu, Vijaya Kumar & Wang 2018, Unsupervised Domain Adaptation via Class-Balanced
Self-Training.
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
from medgraft.transfer.adaptation.refining import TargetRows, cross_entropy, refine
from medgraft.transfer.models.heads.head import softmax

__all__ = ["PseudoLabels", "PseudoLabelsConfig", "surest"]

Array = NDArray[np.float64]
_Part = Annotated[float, Field(gt=0, le=1)]


class PseudoLabelsConfig(AdaptationConfig):
    """Options of self-training."""

    kind: Literal["pseudo-labels"] = "pseudo-labels"
    axes: Axes = 64
    rounds: Annotated[int, Field(ge=1, le=100, description="times that labels are taken and the head is moved")] = 5
    portion: Annotated[
        tuple[_Part, _Part], Field(description="part of the cases called a class, in the first and in the last round")
    ] = (0.3, 0.8)
    threshold: Annotated[float, Field(ge=0, le=1, description="probability below which no label is taken")] = 0.6
    pull: Annotated[float, Field(gt=0, description="weight of the squared distance from the source's head")] = 0.05


def surest(chances: Array, portion: float, threshold: float) -> NDArray[np.bool_]:
    """(m,) the surest ``portion`` of the cases called each class, those from ``threshold`` on; ``chances`` (m,
    classes)."""
    called, sure = chances.argmax(axis=1), chances.max(axis=1)
    taken = np.zeros(len(chances), bool)
    for number in np.unique(called):
        rows = np.flatnonzero(called == number)
        first = rows[np.argsort(-sure[rows], kind="stable")][: int(np.ceil(portion * len(rows)))]
        taken[first] = True
    return np.asarray(taken & (sure >= threshold))


@ADAPTATIONS.register("pseudo-labels")
class PseudoLabels:
    """The head learns from its own surest answers."""

    name: ClassVar[str] = "pseudo-labels"
    paper: ClassVar[str] = "Zou et al. 2018, Unsupervised Domain Adaptation via Class-Balanced Self-Training"
    needs: ClassVar[frozenset[Need]] = frozenset({"linear head"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "seconds: a few logistic regressions on the target"
    Config: ClassVar[type[BaseModel]] = PseudoLabelsConfig

    def __init__(self, config: PseudoLabelsConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config, identity = self.config, np.eye(pair.n_classes)
        rows = TargetRows.of(pair.linear_head, pair.target.features, config.axes)
        chances, head, history = softmax(rows.base), pair.linear_head, list[dict[str, Any]]()
        for number, portion in enumerate(np.linspace(*config.portion, config.rounds), start=1):
            taken = surest(chances, float(portion), config.threshold)
            wanted, weights = identity[chances.argmax(axis=1)], taken.astype(np.float64)
            known = pair.target.known
            wanted[known] = identity[known_labels(pair.target)]
            weights[known] = label_weight(int(taken.sum()), len(known), config.target_weight)
            if not weights.any():
                break
            found = refine(rows, cross_entropy(wanted, weights), through=identity, pull=config.pull)
            before, chances = chances, softmax(rows.logits(found, identity))
            head = rows.moved(found, identity)
            turned = float(np.mean(before.argmax(axis=1) != chances.argmax(axis=1)))
            history.append({"round": number, "taken": int(taken.sum()), "turned": turned})
        facts = {"rounds": len(history), "target_labels": len(pair.target.known)}
        done = Adapted.on_features(head, pair, history=history, facts=facts)
        return replace(done, collapsed=collapse_reason(softmax(rows.base), done.probability, pair.source_prior))
