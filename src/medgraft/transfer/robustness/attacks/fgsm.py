"""FGSM: one step of size epsilon along the sign of the gradient.

The weakest of the attacks, exact for a linear model. That a model survives it tells little: see ``pgd`` and ``apgd``.
Source: Goodfellow, Shlens & Szegedy 2015, Explaining and Harnessing Adversarial Examples.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict
from torch import Tensor

from medgraft.transfer.robustness.attacks.attack import ATTACKS, Problem
from medgraft.transfer.training.perturbation import slope

__all__ = ["Fgsm"]


@ATTACKS.register("fgsm")
class Fgsm(BaseModel):
    """One step along the sign of the gradient."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "fgsm"
    black_box: ClassVar[bool] = False

    kind: Literal["fgsm"] = "fgsm"

    @property
    def restarts(self) -> int:
        """Once: there is no chance in it."""
        return 1

    def search(self, problem: Problem) -> Tensor:
        """See the contract."""
        clean = problem.ball.centre
        _, _, uphill = slope(problem.model, clean, problem.loss)
        return problem.ball.at(uphill.sign())
