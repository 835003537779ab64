"""The contract of an attack, the registry of them, and the one way to carry one out.

An attack is a frozen pydantic model (its options, unknown keys refused) with ``kind`` equal to its name in ``ATTACKS``
and

    search(problem) -> pixels      for each picture of the problem the worst one found inside its ball

where every picture of the problem is answered rightly. ``black_box``: it asks for answers alone, never for gradients,
so that it works where gradients mislead. ``restarts``: how often it is tried on pictures that are still answered
rightly.

``attacked`` does what is the same for all: the model in eval mode, only pictures that are answered rightly, the worst
over restarts, nothing outside of the ball. The model comes back as it was: parameters, their gradients, BatchNorm
statistics and modes. What is random is drawn from (seed, restart, index of the picture), so that a picture gets the
same draws in any batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.errors import DataError, UsageError
from medgraft.registry import Registry
from medgraft.transfer.training.perturbation import Ball, Forward

__all__ = ["ATTACKS", "CLASSES", "Attack", "Attacked", "Batch", "Goal", "Kept", "Problem", "attacked", "log_loss"]


@dataclass(frozen=True)
class Batch:
    """``pixels`` (N, C, H, W) float32 in [0, 1]; ``labels`` (N, …) int64, class indices or what the goal takes;
    ``index`` (N,) position of each picture in the sorted cohort, which seeds its draws. On the model's device."""

    pixels: Tensor
    labels: Tensor
    index: NDArray[np.int64]


@dataclass(frozen=True)
class Attacked:
    """``pixels`` (N, C, H, W): the worst pictures found; who is answered rightly as it was (``clean``), and who on them
    (``right``), both (N,) bool."""

    pixels: Tensor
    clean: Tensor
    right: Tensor


@dataclass(frozen=True)
class Goal:
    """What an attack is after, of logits and labels: ``loss`` (N,) to drive up, and whose answer is still ``right``
    (N,) bool; ``fault``: why they do not fit each other, if so."""

    loss: Callable[[Tensor, Tensor], Tensor]
    right: Callable[[Tensor, Tensor], Tensor]
    fault: Callable[[Tensor, Tensor], str | None]


def log_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) what most attacks drive up."""
    return F.cross_entropy(logits, labels, reduction="none")


def _right(logits: Tensor, labels: Tensor) -> Tensor:
    return logits.argmax(dim=1) == labels


def _no_classes(logits: Tensor, labels: Tensor) -> str | None:
    if not len(labels) or (logits.ndim == 2 and int(labels.max()) < logits.shape[1] and int(labels.min()) >= 0):
        return None
    return (
        f"labels from {int(labels.min())} to {int(labels.max())} with logits of shape {tuple(logits.shape)}; class "
        "indices from 0 and (N, classes) are needed"
    )


CLASSES = Goal(log_loss, _right, _no_classes)
"""That another class is called."""


@dataclass(frozen=True)
class Problem:
    """What is searched: ``model`` maps pixels to logits; ``ball`` holds the clean pictures; ``draws``: a generator for
    each of them."""

    model: Forward
    ball: Ball
    labels: Tensor
    draws: tuple[np.random.Generator, ...]
    goal: Goal = CLASSES

    def loss(self, logits: Tensor) -> Tensor:
        """(N,) what the goal drives up."""
        return self.goal.loss(logits, self.labels)

    def right(self, logits: Tensor) -> Tensor:
        """(N,) bool."""
        return self.goal.right(logits, self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, kept: Tensor) -> Problem:
        """The problem of some of the pictures; ``kept`` (N,) bool."""
        centre = self.ball.centre[kept]
        draws = tuple(draw for draw, stays in zip(self.draws, kept.tolist(), strict=True) if stays)
        return replace(self, ball=replace(self.ball, centre=centre), labels=self.labels[kept], draws=draws)

    def start(self) -> Tensor:
        """A picture drawn evenly from each ball."""
        shape = self.ball.centre.shape[1:]
        shares = np.stack([draw.uniform(-1, 1, shape) for draw in self.draws]).astype(np.float32)
        return self.ball.at(torch.from_numpy(shares).to(self.ball.centre))


class Kept:
    """The worst pictures so far of a problem: one that is answered wrongly, else the one with the highest loss.

    A picture that is answered wrongly is done with: a search goes on with the others (``Problem.rows``), and offers
    those only.
    """

    def __init__(self, problem: Problem) -> None:
        self.pixels = problem.ball.centre.clone()
        self._loss = torch.full((len(problem),), -torch.inf, device=self.pixels.device)
        self._left = torch.arange(len(problem), device=self.pixels.device)

    def offer(self, pixels: Tensor, loss: Tensor, right: Tensor) -> None:
        """For the m pictures that are left: ``pixels`` (m, C, H, W), ``loss`` (m,), ``right`` (m,) bool: those that are
        left from now on."""
        worse = ~right | (loss > self._loss[self._left])
        places = self._left[worse]
        self.pixels[places] = pixels[worse]
        self._loss[places] = loss[worse].to(self._loss.dtype)
        self._left = self._left[right]


class Attack(Protocol):
    """See the contract at the top of this file."""

    name: ClassVar[str]
    black_box: ClassVar[bool]

    @property
    def restarts(self) -> int:
        """1 or more."""
        ...

    def search(self, problem: Problem) -> Tensor:
        """(N, C, H, W), inside the ball of the problem."""
        ...


ATTACKS: Registry[type[Attack]] = Registry("attack")


def attacked(
    attack: Attack, model: Forward, batch: Batch, *, epsilon: float, seed: int = 0, goal: Goal = CLASSES
) -> Attacked:
    """Adversarial pictures within ``epsilon`` of those of the batch, in [0, 1].

    Those that are answered wrongly as they are come back unchanged; of the others the worst found: answered wrongly
    where the attack could, else of the highest log-loss over restarts. Raises ``UsageError`` for an epsilon outside of
    [0, 1], ``DataError`` for pixels outside of it or labels that are none, or answers that are not finite.
    """
    _check(attack, batch, epsilon)
    worst = batch.pixels.detach().clone()
    with _still(model):
        loss, clean = _answers(model, worst, batch.labels, goal)
        right = clean.clone()
        for restart in range(attack.restarts if epsilon > 0 else 0):
            rows = torch.nonzero(right)[:, 0]
            if not len(rows):
                break
            index = batch.index[rows.cpu().numpy()]
            draws = tuple(np.random.default_rng((seed, restart, int(place))) for place in index)
            ball = Ball(batch.pixels[rows].detach(), epsilon)
            problem = Problem(model, ball, batch.labels[rows], draws, goal)
            found = ball.project(attack.search(problem).detach())
            found_loss, found_right = _answers(model, found, problem.labels, goal)
            worse = ~found_right | (found_loss > loss[rows])
            places = rows[worse]
            worst[places], loss[places] = found[worse], found_loss[worse]
            right[rows] = found_right
    return Attacked(worst, clean, right)


def _check(attack: Attack, batch: Batch, epsilon: float) -> None:
    doing = f"attacking {len(batch.pixels)} pictures by {attack.name}"
    if not 0 <= epsilon <= 1:
        raise UsageError(f"{doing}: an epsilon of {epsilon}; it is in units of pixels from 0 to 1, as 4/255")
    if batch.pixels.ndim != 4 or not len(batch.pixels) == len(batch.labels) == len(batch.index):
        raise UsageError(
            f"{doing}: pixels of shape {tuple(batch.pixels.shape)}, {len(batch.labels)} labels, {len(batch.index)} "
            "indices; (N, C, H, W) and N of each are needed"
        )
    low, high = (float(value) for value in torch.aminmax(batch.pixels)) if len(batch.pixels) else (0.0, 0.0)
    if not (low >= 0 and high <= 1):  # also where they are NaN
        raise DataError(f"{doing}: pixels from {low:g} to {high:g}; 0 to 1 is needed, normalisation is in the model")


def _answers(model: Forward, pixels: Tensor, labels: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
    """Loss (N,) and who is answered rightly (N,)."""
    with torch.no_grad():
        logits = model(pixels)
    if (fault := goal.fault(logits, labels)) is not None:
        raise DataError(f"attacking: {fault}")
    if not torch.isfinite(logits).all():
        raise DataError("attacking: the model's answers are not finite; look at its weights")
    return goal.loss(logits, labels), goal.right(logits, labels)


@contextmanager
def _still(model: Forward) -> Iterator[None]:
    """Within it a network is in eval mode, every module of it; afterwards in the modes that it had."""
    if not isinstance(model, nn.Module):
        yield
        return
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
