"""The contract of a score that chooses between models for a target without labels, and the registry of them.

    score(evidence) -> float       higher is better, for every score

``evidence`` is what one model says and sees: on source cases that it has not learnt from, with their labels, on target
cases without, and on the source cases that it has learnt from. Numbers of one score compare models on the same cases
only. None of them is right always: a model that calls all cases one class is what some of them like best, so that they
are used together (see ``ensemble``) and beside a detector of collapse. No randomness beyond the evidence's ``seed``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.shift.answers import Answers
from medgraft.registry import Registry

__all__ = ["UNLABELLED", "ModelEvidence", "UnlabelledScore"]

Floats = NDArray[np.float64]
_DOING = "scoring a model without target labels"
Needs = Literal["target answers", "source answers", "features"]


@dataclass(frozen=True)
class ModelEvidence:
    """``answers``: probabilities (n, k) of source validation cases with their labels, and (m, k) of target cases.

    Features of the same model, where a score weighs cases: ``source_features`` (n, d) and ``target_features`` (m, d) of
    the same cases, ``train_features`` (s, d) of source cases that it has learnt from. All of them, or none.
    """

    answers: Answers
    source_features: Floats | None = None
    target_features: Floats | None = None
    train_features: Floats | None = None
    seed: int = 0

    @classmethod
    def of(
        cls,
        answers: Answers,
        features: tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None = None,
        *,
        seed: int = 0,
    ) -> ModelEvidence:
        """``features``: of source validation, target and source training. Raises ``UsageError`` where they do not fit
        the answers or each other, ``DataError`` where they are not finite."""
        if features is None:
            return cls(answers, seed=seed)
        here, there, seen = (np.asarray(rows, np.float64) for rows in features)
        shapes = [rows.shape for rows in (here, there, seen)]
        flat = all(len(shape) == 2 and shape[1] for shape in shapes) and len({shape[-1] for shape in shapes}) == 1
        if not flat or len(here) != len(answers.source) or len(there) != len(answers.target) or not len(seen):
            raise UsageError(
                f"{_DOING}: features {shapes} with {len(answers.source)} source and {len(answers.target)} target "
                "answers; give (n, d), (m, d) and (s, d) of the same model, for the same cases"
            )
        if not all(np.isfinite(rows).all() for rows in (here, there, seen)):
            raise DataError(f"{_DOING}: some features are not finite; the model has diverged, or cases are spoilt")
        return cls(answers, here, there, seen, seed)


@dataclass(frozen=True)
class UnlabelledScore:
    """One score; ``summary`` is its definition in a sentence. ``needs``: the most that it reads."""

    name: str
    summary: str
    needs: Needs
    compute: Callable[[ModelEvidence], float]

    def __call__(self, evidence: ModelEvidence) -> float:
        """Higher is better. Raises ``UsageError`` where features are needed and not there."""
        if self.needs == "features" and evidence.train_features is None:
            raise UsageError(
                f"{_DOING}: {self.name} weighs source cases by features; give those of the source's validation and "
                "training cases and of the target"
            )
        return float(self.compute(evidence))


UNLABELLED: Registry[UnlabelledScore] = Registry("score without target labels")
