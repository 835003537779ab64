"""APGD: PGD that finds its own step (``step_rule``), has momentum, and goes back to the worst picture at a halving.

By the log-loss or, for three classes or more, by the DLR loss, which a very sure model does not blind. For two classes
DLR is not defined, and the log-loss is used instead. As an evaluation, run both.

Source: Croce & Hein 2020, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free
Attacks, algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from medgraft.transfer.robustness.attacks.attack import ATTACKS, Kept, Problem, log_loss
from medgraft.transfer.robustness.attacks.margin import dlr_loss
from medgraft.transfer.robustness.attacks.step_rule import StepRule
from medgraft.transfer.training.perturbation import slope

__all__ = ["Apgd"]

_MOMENTUM = 0.75
"""α: the share of the new step; the rest goes on in the direction of the last."""


@dataclass
class _Climb:
    """Where each of N pictures is, with its loss and gradient: now, one step before, and where it was highest."""

    before: Tensor
    now: Tensor
    loss: Tensor
    uphill: Tensor
    best: Tensor
    best_loss: Tensor
    best_uphill: Tensor

    def rows(self, kept: Tensor) -> _Climb:
        return _Climb(**{field.name: getattr(self, field.name)[kept] for field in fields(self)})

    def move(self, now: Tensor, loss: Tensor, uphill: Tensor) -> None:
        """To new places; the highest is remembered."""
        self.before, self.now, self.loss, self.uphill = self.now, now, loss, uphill
        higher = loss > self.best_loss
        self.best, self.best_uphill = _chosen(higher, now, self.best), _chosen(higher, uphill, self.best_uphill)
        self.best_loss = torch.where(higher, loss, self.best_loss)

    def back(self, chosen: Tensor) -> None:
        """Some of them back to where they were highest."""
        self.now, self.uphill = _chosen(chosen, self.best, self.now), _chosen(chosen, self.best_uphill, self.uphill)
        self.loss = torch.where(chosen, self.best_loss, self.loss)


def _chosen(rows: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    return torch.where(rows[:, None, None, None], yes, no)


@ATTACKS.register("apgd")
class Apgd(BaseModel):
    """PGD that finds its own step, by the log-loss or the DLR loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "apgd"
    black_box: ClassVar[bool] = False

    kind: Literal["apgd"] = "apgd"
    steps: Annotated[int, Field(ge=1, le=10_000, description="steps")] = 100
    loss: Annotated[
        Literal["cross-entropy", "dlr"],
        Field(description="what is driven up; of two classes it is the cross-entropy in any case"),
    ] = "cross-entropy"
    restarts: Annotated[int, Field(ge=1, le=1000, description="random starts; the worst picture is kept")] = 1

    def search(self, problem: Problem) -> Tensor:
        """See the contract."""
        kept, now = Kept(problem), problem.start()
        logits, loss, uphill = slope(problem.model, now, self._loss(problem))
        right = logits.argmax(dim=1) == problem.labels
        kept.offer(now, loss, right)
        climb = _Climb(now, now, loss, uphill, now, loss, uphill)
        rule = StepRule(loss, 2 * problem.ball.epsilon, self.steps)
        for number in range(self.steps):
            problem, climb = problem.rows(right), climb.rows(right)
            rule.keep(right)
            if not len(problem):
                break
            now = _stepped(problem, climb, rule.step.to(climb.now.dtype), number)
            logits, loss, uphill = slope(problem.model, now, self._loss(problem))
            right = logits.argmax(dim=1) == problem.labels
            kept.offer(now, loss, right)
            halved, earlier = rule.halved(number, climb.best_loss), climb.loss
            climb.move(now, loss, uphill)
            climb.back(halved)
            rule.count(climb.loss > earlier)
        return kept.pixels

    def _loss(self, problem: Problem) -> Callable[[Tensor], Tensor]:
        return partial(log_loss if self.loss == "cross-entropy" else _dlr, labels=problem.labels)


def _dlr(logits: Tensor, labels: Tensor) -> Tensor:
    return dlr_loss(logits, labels) if logits.shape[1] > 2 else log_loss(logits, labels)


def _stepped(problem: Problem, climb: _Climb, step: Tensor, number: int) -> Tensor:
    """A step along the sign of the gradient, and after the first one also further in the direction of the last."""
    ball = problem.ball
    moved = ball.project(climb.now + step[:, None, None, None] * climb.uphill.sign())
    if number == 0:
        return moved
    return ball.project(climb.now + _MOMENTUM * (moved - climb.now) + (1 - _MOMENTUM) * (climb.now - climb.before))
