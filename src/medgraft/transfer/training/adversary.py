"""Training against attacks: pictures are changed within epsilon, while the network learns, so that it answers wrongly.

Attacks are made on pixels in [0, 1], before the network's own normalisation, and in eval mode, so that what is tried
out moves no BatchNorm statistic; what comes out of them is learnt from in training mode. An epoch is judged on
validation cases under an attack of several steps from the clean picture: a network that learns from one step may
survive that one only (Wong et al. 2020), and robustness falls again when training goes on (Rice et al. 2020).

Sources: Madry et al. 2018 (``pgd``); Wong, Rice & Kolter 2020 (``fgsm``: one step from a random start); Shafahi et al.
2019 (``free``: the gradient of a step on the weights is used for the pictures, too); Zhang et al. 2019 (``trades``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from medgraft.errors import UsageError
from medgraft.transfer.training.exposure import Exposure, Learner
from medgraft.transfer.training.objective import Objective
from medgraft.transfer.training.perturbation import Ball, slope
from medgraft.transfer.training.plan import AdversaryPlan

__all__ = ["Free", "Perturbed", "Trades", "adversary_of", "divergence"]

_TRADES_START = 0.001
"""Deviation of the noise that TRADES starts from: at the clean picture itself its divergence has no slope."""
_REACH = 2.5
"""How far the steps of the attack on validation cases go together, in epsilons."""


class _Judged:
    """What the three have in common: epochs are judged under attack."""

    def __init__(self, plan: AdversaryPlan) -> None:
        self.plan, self.replays = plan, 1

    def begin(self) -> None:
        """Nothing is remembered."""

    def judged(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor) -> Sequence[Tensor]:
        """Pictures attacked by PGD from where they are."""
        ball, steps = Ball(_pixels(inputs), self.plan.epsilon), self.plan.judge_steps
        return [_climbed(learner, ball, ball.centre, steps, _REACH / steps, partial(_log_loss, labels=labels))]


class Perturbed(_Judged):
    """Attacked pictures alone: ``steps`` steps of ``step`` times epsilon up the log-loss, from a random start."""

    def loss(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor, objective: Objective) -> Tensor:
        """The objective of what the network gives for attacked pictures."""
        ball, plan = Ball(_pixels(inputs), self.plan.epsilon), self.plan
        start = ball.at(2 * torch.rand_like(ball.centre) - 1)
        with learner.still():
            shown = _climbed(learner, ball, start, plan.steps, plan.step, partial(_log_loss, labels=labels))
        return objective.loss(learner(shown), labels)


class Trades(_Judged):
    """Clean pictures, and beside them ``beta`` times how far the answers move under attack: the divergence
    KL(answer as it is ‖ answer under attack), which is also what the attack drives up."""

    def loss(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor, objective: Objective) -> Tensor:
        """See the class. The gradient goes through both answers."""
        ball, plan = Ball(_pixels(inputs), self.plan.epsilon), self.plan
        clean = learner(ball.centre)
        with learner.still():
            with torch.no_grad():
                answer = learner(ball.centre)
            start = ball.project(ball.centre + _TRADES_START * torch.randn_like(ball.centre))
            shown = _climbed(learner, ball, start, plan.steps, plan.step, partial(divergence, answer))
        return objective.loss(clean, labels) + plan.beta * divergence(clean, learner(shown))


class Free(_Judged):
    """Every batch ``replays`` times; each backward pass gives a step of the weights and, at no further cost, one of
    epsilon of the perturbation, which goes on from batch to batch until the epoch ends."""

    def __init__(self, plan: AdversaryPlan) -> None:
        super().__init__(plan)
        self.replays = plan.replays
        self.begin()

    def begin(self) -> None:
        """The perturbation starts from nothing."""
        self._shift: Tensor | None = None
        self._shown: Tensor | None = None

    def loss(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor, objective: Objective) -> Tensor:
        """The objective of the pictures with the perturbation so far. The caller's backward pass leaves its gradient on
        them, which the next call reads."""
        ball = Ball(_pixels(inputs), self.plan.epsilon)
        self._shift = self._fitted(ball.centre)
        self._shown = ball.project(ball.centre + self._shift).requires_grad_(True)
        return objective.loss(learner(self._shown), labels)

    def _fitted(self, pixels: Tensor) -> Tensor:
        """The perturbation after the last step, for a batch that may be of another length."""
        fitted = torch.zeros_like(pixels)
        if self._shift is not None and self._shown is not None:
            moved, epsilon = self._shift, self.plan.epsilon
            if self._shown.grad is not None:
                moved = (moved + epsilon * self._shown.grad.sign()).clamp(-epsilon, epsilon)
            count = min(len(moved), len(pixels))
            fitted[:count] = moved[:count]
        return fitted


def adversary_of(plan: AdversaryPlan) -> Exposure:
    """The exposure of a plan."""
    if plan.method == "trades":
        return Trades(plan)
    return Free(plan) if plan.method == "free" else Perturbed(plan)


def divergence(clean: Tensor, attacked: Tensor) -> Tensor:
    """(N,) KL(softmax(clean) ‖ softmax(attacked)) of logits (N, classes), in nats."""
    log_p, log_q = torch.log_softmax(clean, dim=1), torch.log_softmax(attacked, dim=1)
    return F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(dim=1)


def _log_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels, reduction="none")


def _climbed(
    learner: Learner, ball: Ball, start: Tensor, steps: int, step: float, loss: Callable[[Tensor], Tensor]
) -> Tensor:
    """Pictures after ``steps`` steps of ``step`` times epsilon along the sign of the gradient of ``loss(logits)``."""
    now = start
    for _ in range(steps):
        _, _, uphill = slope(learner, now, loss)
        now = ball.project(now + step * ball.epsilon * uphill.sign())
    return now


def _pixels(inputs: Sequence[Tensor]) -> Tensor:
    """The pictures, where they are all that the network takes."""
    if len(inputs) != 1 or inputs[0].ndim != 4:
        shapes = ", ".join(str(tuple(item.shape)) for item in inputs)
        raise UsageError(
            f"training against attacks on inputs of shape {shapes}: it changes pixels (N, C, H, W), so the network has "
            "to be given pictures, not what was kept of them before a cut"
        )
    return inputs[0]
