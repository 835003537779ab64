"""Square: a random search by answers alone. It asks the model for logits and needs no gradient.

So it finds what attacks by gradients miss where gradients mislead: a check on them. It starts with vertical stripes of
±epsilon, then tries squares at random places, each channel of ±2 epsilon projected back into the ball, ever smaller
ones, and keeps what lowers the margin of the right class. A picture costs up to ``queries`` forward passes.

Source: Andriushchenko, Croce, Flammarion & Hein 2020, Square Attack: a Query-Efficient Black-Box Adversarial Attack via
Random Search (L-infinity, untargeted).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from medgraft.transfer.robustness.attacks.attack import ATTACKS, Kept, Problem
from medgraft.transfer.robustness.attacks.margin import margin

__all__ = ["Square", "square_side"]

_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Of 10,000 queries, those after which the share of pixels in a square is halved; stretched to the budget."""


def square_side(number: int, queries: int, share: float, height: int, width: int) -> int:
    """Side in pixels of the square of query ``number`` (1 is the first) of ``queries``, where the first squares cover
    ``share`` of a picture; at least 1, at most what fits."""
    passed = sum(number * 10_000 // queries > place for place in _HALVINGS)
    side = round(math.sqrt(share / 2**passed * height * width))
    return max(1, min(side, height, width))


@ATTACKS.register("square")
class Square(BaseModel):
    """Random squares, by answers alone: a check on attacks that follow gradients."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "square"
    black_box: ClassVar[bool] = True

    kind: Literal["square"] = "square"
    queries: Annotated[int, Field(ge=1, le=100_000, description="forward passes a picture, at most")] = 1000
    share: Annotated[float, Field(gt=0, le=1, description="of the picture's pixels in the first squares")] = 0.8
    restarts: Annotated[int, Field(ge=1, le=1000, description="searches; the worst picture is kept")] = 1

    def search(self, problem: Problem) -> Tensor:
        """See the contract."""
        kept = Kept(problem)
        _, channels, height, width = problem.ball.centre.shape
        now = problem.ball.at(_drawn(problem, (channels, 1, width)))
        lead = _lead(problem, now)
        kept.offer(now, -lead, lead > 0)
        for number in range(1, self.queries):
            right = lead > 0
            problem, now, lead = problem.rows(right), now[right], lead[right]
            if not len(problem):
                break
            side = square_side(number, self.queries, self.share, height, width)
            tried = _with_square(problem, now, side)
            found = _lead(problem, tried)
            lower = found < lead
            now, lead = torch.where(lower[:, None, None, None], tried, now), torch.minimum(found, lead)
            kept.offer(now, -lead, lead > 0)
        return kept.pixels


@torch.no_grad()
def _lead(problem: Problem, pixels: Tensor) -> Tensor:
    """(N,) the margin of the right class; 0 counts as wrong."""
    return margin(problem.model(pixels), problem.labels)


def _drawn(problem: Problem, shape: tuple[int, ...]) -> Tensor:
    """±1 (N, *shape), each as likely."""
    signs = np.stack([draw.integers(0, 2, shape) * 2 - 1 for draw in problem.draws]).astype(np.float32)
    return torch.from_numpy(signs).to(problem.ball.centre)


def _with_square(problem: Problem, now: Tensor, side: int) -> Tensor:
    """Each picture with a square at a place of its own, inside the ball."""
    _, channels, height, width = now.shape
    signs = 2 * problem.ball.epsilon * _drawn(problem, (channels, 1, 1))
    tried = now.clone()
    for row, draw in enumerate(problem.draws):
        top, left = int(draw.integers(0, height - side + 1)), int(draw.integers(0, width - side + 1))
        tried[row, :, top : top + side, left : left + side] += signs[row]
    return problem.ball.project(tried)
