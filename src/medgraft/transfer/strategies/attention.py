"""Attention: the backbone is frozen, and a head learns from the label of a volume which of its slices to listen to.

Features of slices are computed once. On their principal axes (the longest, found without labels) one vector a class is
learnt that serves as evidence and as attention (see ``models/attention``). The strength C is chosen by log-loss on
grouped folds of the training cases; cross-validation is nested, as for the probe. Pictures are volumes of one slice.

Source: Ilse et al. 2018, Attention-based Deep Multiple Instance Learning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import folds_for
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.attention import AttentionPath, attended
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.logistic import PrincipalAxes, class_weights
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.crossvalidation import cross_validate
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, OutOfFold, Transferred

__all__ = ["Attention", "AttentionConfig"]

_GRID = tuple(float(c) for c in 10.0 ** np.arange(0.0, 2.01, 1 / 3))
_FALLBACK_STRENGTH = 10.0
_PATIENCE = 2
"""Strengths that may be worse in a row before the sweep stops: the curve is not smooth."""


class AttentionConfig(BaseModel):
    """Options of attention over slices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["attention"] = "attention"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    strength: Annotated[
        float | None,
        Field(gt=0, description="C, inverse regularisation; chosen on grouped folds if not given"),
    ] = None
    sharpness: Annotated[
        float,
        Field(gt=0, le=100, description="of the attention; towards 0 the mean of the slices, large: the best one"),
    ] = 1.0
    axes: Annotated[int, Field(ge=2, le=1024, description="principal axes of the slices' features that are read")] = 128
    folds: Annotated[int, Field(ge=2, le=20, description="outer folds of cross-validation")] = 5
    repeats: Annotated[int, Field(ge=0, le=20, description="repeats of cross-validation; 0 leaves it out")] = 3


@dataclass(frozen=True)
class _Volumes:
    """The cases of one training problem. ``bags`` are rooted features."""

    bags: Bags
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    n_classes: int
    positive: int

    def take(self, chosen: NDArray[np.bool_]) -> _Volumes:
        bags, labels, groups = self.bags.take(chosen), self.labels[chosen], self.groups[chosen]
        return _Volumes(bags, labels, groups, self.n_classes, self.positive)


@dataclass(frozen=True)
class _Fitted:
    head: LinearHead
    strength: float
    sweep: list[dict[str, Any]]


@STRATEGIES.register("attention")
class Attention:
    """Frozen backbone, attention over the slices of a volume."""

    name: ClassVar[str] = "attention"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = AttentionConfig

    def __init__(self, config: AttentionConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """Choose C on the training cases, fit them, and cross-validate train and validation cases together."""
        bags = Bags(signed_root(material.bags.rows), material.bags.starts)
        everything = _Volumes(bags, material.labels, material.groups, material.n_classes, material.positive)
        with threadpool_limits(1, user_api="blas"):
            fitted = self._fit(everything.take(~material.is_val), inner_folds=5, seed=material.seed)
            out_of_fold = self._cross_validate(everything, material)
        return Transferred(
            head=fitted.head,
            history=fitted.sweep,
            out_of_fold=out_of_fold,
            facts={
                "C": fitted.strength,
                "sharpness": self.config.sharpness,
                "class_weights": self.config.class_weights,
                "training_cases": int(np.sum(~material.is_val)),
            },
        )

    def _fit(self, cases: _Volumes, *, inner_folds: int, seed: int) -> _Fitted:
        """Axes, strength and head from these cases alone."""
        axes, coordinates = PrincipalAxes.of(cases.bags.rows, np.float32, self.config.axes)
        # Of mean squared length 1, so that C and sharpness mean the same whatever the backbone.
        length = float(np.sqrt(np.mean(np.sum(np.square(coordinates, dtype=np.float64), axis=1)))) or 1.0
        scaled = Bags(np.asarray(coordinates / length, dtype=np.float32), cases.bags.starts)
        strength, sweep = self._sweep(cases, scaled, folds_for(cases.labels, cases.groups, inner_folds, seed))
        *_, (_, parameters) = self._path(cases, scaled).solve([c for c in _GRID if c < strength] + [strength])
        weight, bias = parameters[:, :-1] / length @ axes.axes.T, parameters[:, -1]
        plain = LinearHead.folded(weight, np.zeros(len(bias)), axes.mean, axes.scale)
        # The constant that folding the mean leaves is evidence of every slice alike: attention does not see it.
        head = LinearHead(plain.weight, (plain.bias + bias).astype(np.float32), True, self.config.sharpness)
        return _Fitted(head, strength, sweep)

    def _path(self, cases: _Volumes, bags: Bags) -> AttentionPath:
        weights = class_weights(cases.labels, cases.n_classes, self.config.class_weights)
        return AttentionPath(
            bags,
            cases.labels,
            cases.n_classes,
            weights=weights,
            sharpness=self.config.sharpness,
            positive=cases.positive,
        )

    def _sweep(self, cases: _Volumes, bags: Bags, fold: NDArray[np.int64] | None) -> tuple[float, list[dict[str, Any]]]:
        """C by pooled log-loss over grouped folds, and the history rows. Axes are those of all the cases given."""
        if self.config.strength is not None or fold is None:
            strength = self.config.strength or _FALLBACK_STRENGTH
            return strength, [{"C": strength, "log_loss": None, "chosen": True}]
        scaled = _Volumes(bags, cases.labels, cases.groups, cases.n_classes, cases.positive)
        paths = []
        for number in np.unique(fold):
            held, seen = scaled.take(fold == number), scaled.take(fold != number)
            paths.append((held, self._path(seen, seen.bags).solve(_GRID, tolerance=1e-5)))
        losses = list[float]()
        for _ in _GRID:
            total = 0.0
            for held, path in paths:
                _, parameters = next(path)
                pooled, _ = attended(held.bags.rows @ parameters[:, :-1].T, held.bags.starts, self.config.sharpness)
                chances = softmax(pooled + parameters[:, -1])[np.arange(len(held.labels)), held.labels]
                total -= float(np.log(np.maximum(chances, 1e-15)).sum())
            losses.append(total / len(cases.labels))
            if len(losses) - 1 - int(np.argmin(losses)) >= _PATIENCE:
                break
        best = int(np.argmin(losses))
        rows = [{"C": c, "log_loss": loss, "chosen": c == _GRID[best]} for c, loss in zip(_GRID, losses, strict=False)]
        return _GRID[best], rows

    def _cross_validate(self, cases: _Volumes, material: Material) -> OutOfFold | None:
        """Nested: axes and C are found anew for each fold."""

        def answer(held: NDArray[np.bool_]) -> NDArray[np.float64]:
            head = self._fit(cases.take(~held), inner_folds=3, seed=material.seed).head
            return replace(head, rooted=False).answers(cases.bags.take(held))  # these went through the root already

        return cross_validate(material, folds=self.config.folds, repeats=self.config.repeats, answer=answer)
