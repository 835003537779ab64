"""Gradient boosting: the frozen features, and a sum of small trees; a comparator for those who expect one to win.

Trees ask one coordinate at a time, so they read the longest principal axes rather than thousands of features that
say nearly the same. How many trees are kept is chosen on grouped folds.

Source: Friedman 2001, Greedy Function Approximation; 2002, Stochastic Gradient Boosting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from medgraft.transfer.models.heads.trees import Trees, TreesHead
from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.strategies.scored import Calibrated, Cases, ScoredConfig, Scorer, Setting, fit_scored
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["Boosting", "BoostingConfig"]

_NONE = -1
"""scikit-learn's mark of a leaf, and ours."""


@dataclass(frozen=True)
class _TreeScorer:
    axes: PrincipalAxes
    trees: Trees
    classes: int

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.trees.scores(self.axes(features), self.classes)

    def head(self, calibrated: Calibrated, *, rooted: bool) -> TreesHead:
        axes = self.axes
        turned = np.ascontiguousarray(axes.axes.T)
        return TreesHead(axes.mean, axes.scale, turned, self.trees, calibrated.slope, calibrated.shift, rooted)


class _BoostingLearner:
    def __init__(self, config: BoostingConfig, seed: int) -> None:
        self._config, self._seed = config, seed
        most = config.trees
        self.settings: Sequence[Setting] = [
            {"trees": number} for number in sorted({max(1, most // 4), most // 2 or 1, most})
        ]

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        from sklearn.ensemble import GradientBoostingClassifier

        config = self._config
        axes, coordinates = PrincipalAxes.of(cases.features, most=config.axes)
        there = np.unique(cases.labels)
        if len(there) < 2:
            nothing = _arrays([], np.zeros((0, 0), object), there, 1.0)
            return [_TreeScorer(axes, nothing, cases.n_classes) for _ in settings]
        model = GradientBoostingClassifier(
            n_estimators=int(max(one["trees"] for one in settings)),
            learning_rate=config.shrinkage,
            max_depth=config.depth,
            subsample=config.subsample,
            random_state=self._seed,
        )
        model.fit(coordinates, cases.labels, sample_weight=cases.weights)
        rounds = len(model.estimators_)
        trees = _arrays([tree.tree_ for tree in model.estimators_.ravel()], model.estimators_, there, config.shrinkage)
        each = len(trees.output) // rounds
        return [_TreeScorer(axes, trees.first(int(one["trees"]) * each), cases.n_classes) for one in settings]


def _arrays(grown: Sequence[Any], estimators: NDArray[Any], there: NDArray[np.int64], shrinkage: float) -> Trees:
    """scikit-learn's trees, by rounds, in arrays. Of two classes the one tree of a round is written twice, with half
    its value for the second class and minus that for the first."""
    both = estimators.shape[1:] == (1,)
    nodes = max((tree.node_count for tree in grown), default=1)

    def padded(of: str, kind: Any, blank: float) -> NDArray[Any]:
        rows = [np.asarray(getattr(tree, of)).ravel() for tree in grown]
        return np.array([[*row, *[blank] * (nodes - len(row))] for row in rows], kind).reshape(len(grown), nodes)

    left, value = padded("children_left", np.int64, _NONE), shrinkage * padded("value", np.float64, 0.0)
    axis = np.where(left == _NONE, _NONE, padded("feature", np.int64, _NONE))
    right, threshold = padded("children_right", np.int64, _NONE), padded("threshold", np.float64, 0.0)
    threshold = _below(threshold)
    if not both:
        output = np.tile(there, len(grown) // max(len(there), 1))
        return Trees(axis, threshold, left, right, value, output)
    twice = np.repeat(np.arange(len(grown)), 2)
    signs = np.tile([-0.5, 0.5], len(grown))[:, None]
    output = np.tile(there, len(grown))
    return Trees(axis[twice], threshold[twice], left[twice], right[twice], signs * value[twice], output)


def _below(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above: a float32 is at most the one exactly where it is at most the other."""
    rounded = threshold.astype(np.float32)
    return np.where(rounded > threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded)


class BoostingConfig(ScoredConfig):
    """Options of gradient boosting."""

    kind: Literal["boosting"] = "boosting"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    axes: Annotated[int, Field(ge=1, le=512, description="principal axes that the trees see, the longest")] = 32
    trees: Annotated[int, Field(ge=1, le=2000, description="rounds at most; a quarter and half of them are tried")] = (
        100
    )
    depth: Annotated[int, Field(ge=1, le=8, description="questions from the root of a tree to a leaf")] = 2
    shrinkage: Annotated[float, Field(gt=0, le=1, description="factor on every tree")] = 0.1
    subsample: Annotated[float, Field(gt=0, le=1, description="share of the cases that a tree is grown on")] = 0.7


@STRATEGIES.register("boosting")
class Boosting:
    """Frozen backbone, a sum of small trees."""

    name: ClassVar[str] = "boosting"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = BoostingConfig

    def __init__(self, config: BoostingConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``fit_scored``."""
        config = self.config
        return fit_scored(
            _BoostingLearner(config, material.seed),
            material,
            root=config.root,
            folds=config.folds,
            repeats=config.repeats,
            weighting=config.class_weights,
        )
