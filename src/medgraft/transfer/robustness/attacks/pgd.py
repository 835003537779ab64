"""PGD: many small steps along the sign of the gradient of the log-loss, each back into the ball, from a random start.

Of the pictures on the way the worst is kept, which is at least as bad as the last. ``step`` is fixed and has to suit
the model; ``apgd`` finds its own.
Source: Madry, Makelov, Schmidt, Tsipras & Vladu 2018, Towards Deep Learning Models Resistant to Adversarial Attacks.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from medgraft.transfer.robustness.attacks.attack import ATTACKS, Kept, Problem
from medgraft.transfer.training.perturbation import slope

__all__ = ["Pgd"]


@ATTACKS.register("pgd")
class Pgd(BaseModel):
    """Many small steps along the sign of the gradient, from a random start."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "pgd"
    black_box: ClassVar[bool] = False

    kind: Literal["pgd"] = "pgd"
    steps: Annotated[int, Field(ge=1, le=10_000, description="steps")] = 20
    step: Annotated[float, Field(gt=0, le=2, description="size of a step, as a share of epsilon")] = 0.25
    random_start: Annotated[bool, Field(description="start anywhere in the ball; else at the clean picture")] = True
    restarts: Annotated[int, Field(ge=1, le=1000, description="random starts; the worst picture is kept")] = 1

    def search(self, problem: Problem) -> Tensor:
        """See the contract."""
        kept = Kept(problem)
        now = problem.start() if self.random_start else problem.ball.centre
        for number in range(self.steps + 1):
            logits, each, uphill = slope(problem.model, now, problem.loss)
            right = problem.right(logits)
            kept.offer(now, each, right)
            if number == self.steps or not right.any():
                break
            problem = problem.rows(right)
            now = problem.ball.project(now[right] + self.step * problem.ball.epsilon * uphill[right].sign())
        return kept.pixels
