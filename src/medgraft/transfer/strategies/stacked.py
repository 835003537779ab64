"""A stack: one linear probe a backbone, and a stacker that weighs what they say.

Of several backbones side by side, a probe on all features together has to tell from few cases which of many columns
count; here each part is read by itself first. The stacker is ``softmax(Σ_k a_k log p_k + b)`` with ``a_k ≥ 0``, learnt
from answers to cases that the probes had not seen (the same patient-grouped folds that chose their strengths), with a
hair of regularisation towards equal weights. Logarithms, not chances, because evidence that is independent adds up
there; what a part's softmax is divided by is the same for all classes and falls out, so that the whole stack is one
linear head again. Cross-validation is nested: probes and stacker are found anew without the held-out cases.

Sources: Wolpert 1992, Stacked Generalization; Breiman 1996, Stacked Regressions (weights that are not negative); van
der Laan, Polley & Hubbard 2007, Super Learner.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from medgraft.errors import UsageError
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.strategies.crossvalidation import cross_validate
from medgraft.transfer.strategies.linear_probe import FittedProbe, LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["Stacked", "StackedConfig", "stack_weights"]

Array = NDArray[np.float64]

_RIDGE = 1e-3


class StackedConfig(BaseModel):
    """Options of the stack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["stacked"] = "stacked"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss of each probe: none, or inverse class frequency"),
    ] = "none"
    root: Annotated[bool, Field(description="read the signed square root of the features, not the features")] = True
    folds: Annotated[int, Field(ge=2, le=20, description="outer folds of cross-validation")] = 5
    repeats: Annotated[int, Field(ge=0, le=20, description="repeats of cross-validation; 0 leaves it out")] = 3


def stack_weights(answers: Sequence[Array], labels: NDArray[np.int64]) -> tuple[Array, Array]:
    """``a`` (K,) and ``b`` (classes,) from out-of-fold chances (n, classes) of each part."""
    logs = np.log(np.maximum(np.stack(answers), 1e-15))
    parts, cases, classes = logs.shape
    hot, equal = np.eye(classes)[labels], np.full(parts, 1 / parts)

    def objective(flat: Array) -> tuple[float, Array]:
        weights, shift = flat[:parts], flat[parts:]
        chances = softmax(np.einsum("k,knc->nc", weights, logs) + shift)
        loss = -np.log(np.maximum(chances[np.arange(cases), labels], 1e-300)).mean()
        slope = (chances - hot) / cases
        pull = np.concatenate([weights - equal, shift])
        gradient = np.concatenate([np.einsum("nc,knc->k", slope, logs), slope.sum(axis=0)])
        return float(loss + 0.5 * _RIDGE * pull @ pull), gradient + _RIDGE * pull

    bounds = [(0.0, None)] * parts + [(None, None)] * classes
    start = np.concatenate([equal, np.zeros(classes)])
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found[:parts], found[parts:]


@dataclass(frozen=True)
class _Stack:
    """``columns``: where each part's features are."""

    columns: list[slice]
    probes: list[FittedProbe]
    weights: Array
    shift: Array

    def chances(self, features: NDArray[np.float32]) -> Array:
        logs = [
            np.log(np.maximum(probe.chances(features[:, part]), 1e-300))
            for probe, part in zip(self.probes, self.columns, strict=True)
        ]
        return softmax(np.einsum("k,knc->nc", self.weights, np.stack(logs)) + self.shift)

    def head(self, *, rooted: bool) -> LinearHead:
        """One linear head: the parts' heads side by side, each times its weight."""
        heads = [probe.head(rooted=rooted) for probe in self.probes]
        weight = np.concatenate([a * head.weight for a, head in zip(self.weights, heads, strict=True)], axis=1)
        bias = sum((a * head.bias for a, head in zip(self.weights, heads, strict=True)), self.shift)
        return LinearHead(weight.astype(np.float32), np.asarray(bias, np.float32), rooted)


@STRATEGIES.register("stacked")
class Stacked:
    """Several frozen backbones, a probe each, and a stacker over them."""

    name: ClassVar[str] = "stacked"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    needs_parts: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = StackedConfig

    def __init__(self, config: StackedConfig) -> None:
        self.config = config
        self._probe = LinearProbe(LinearProbeConfig(class_weights=config.class_weights, root=config.root))

    def fit(self, material: Material) -> Transferred:
        """Probes and stacker from the training cases; cross-validation of both on train and validation together.
        Raises ``UsageError`` where there is one backbone."""
        parts = material.backbone.facts.parts
        if len(parts) < 2:
            raise UsageError(
                f"strategy stacked with the backbone {material.backbone.facts.name!r}: it stacks several; give "
                "--backbone NAME+NAME, or use linear-probe"
            )
        ends = np.cumsum([0, *(part.feature_dim for part in parts)]).tolist()
        columns = [slice(start, stop) for start, stop in itertools.pairwise(ends)]
        everything = self._probe.cases(material)

        def answer(held: NDArray[np.bool_]) -> Array:
            stack = self._stack(everything.take(~held), columns, material.seed, final=False)
            return stack.chances(everything.features[held])

        config = self.config
        with threadpool_limits(1, user_api="blas"):
            stack = self._stack(everything.take(~material.is_val), columns, material.seed, final=True)
            found = cross_validate(material, folds=config.folds, repeats=config.repeats, answer=answer)
        names = [part.name for part in parts]
        return Transferred(
            head=stack.head(rooted=config.root),
            history=[
                {"part": name, **row}
                for name, probe in zip(names, stack.probes, strict=True)
                for row in probe.sweeps[0].rows
            ],
            out_of_fold=found,
            facts={
                "parts": names,
                "weights": [float(weight) for weight in stack.weights],
                "C": [probe.sweeps[0].strength for probe in stack.probes],
                "training_cases": int(np.sum(~material.is_val)),
            },
        )

    def _stack(self, cases: Cases, columns: list[slice], seed: int, *, final: bool) -> _Stack:
        probes = [
            self._probe.fitted(
                Cases(np.ascontiguousarray(cases.features[:, part]), cases.labels, cases.groups, cases.n_classes),
                inner_folds=5 if final else 3,
                seed=seed,
                exact=final,
            )
            for part in columns
        ]
        answers = [probe.held_out for probe in probes if probe.held_out is not None]
        if len(answers) < len(probes):  # a class with one patient: nothing can be held out
            equal = np.full(len(probes), 1 / len(probes))
            return _Stack(columns, probes, equal, np.zeros(cases.n_classes))
        return _Stack(columns, probes, *stack_weights(answers, cases.labels))
