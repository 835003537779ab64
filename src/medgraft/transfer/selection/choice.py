"""Which of the candidates that answered for every case is taken.

The best by AUROC is flattered by having been picked, and a difference of a few thousandths decides nothing for a
patient. So candidates that tie with the best (the paired interval of their difference holds 0) and lose at most
``MARGIN`` to it are its equals, and of equals the smallest network, then the fastest, then the plainest strategy is
taken. Several backbones together are kept only where that is worth it for sure: the paired interval of their difference
to the best single one lies above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.ties import Candidate as Compared
from medgraft.measure.ties import find_ties
from medgraft.transfer.selection.trial import Trial

__all__ = ["MARGIN", "Choice", "Gap", "Judge"]

MARGIN = 0.005
"""Of AUROC."""


@dataclass(frozen=True)
class Choice:
    """``compared``: every complete candidate against the best of them, by name."""

    chosen: Trial
    compared: dict[str, Compared]


@dataclass(frozen=True)
class Gap:
    """AUROC of one trial less that of another on the cases that both have, with the paired 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the first is ahead beyond chance."""
        return self.low > 0

    def __str__(self) -> str:
        return f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True)
class Judge:
    """``labels`` (n,); ``positive``: the class whose AUROC counts, ``None`` for the macro average; ``groups``:
    patients, ``None`` where unknown."""

    labels: NDArray[np.int64]
    positive: int | None
    groups: NDArray[np.int64] | None
    seed: int

    def choose(self, trials: Sequence[Trial], eligible: Callable[[Trial], bool]) -> Choice | None:
        """Of the trials that are complete; ``None`` where none of them is eligible. Those that are not are compared
        all the same."""
        complete = [trial for trial in trials if trial.status == "complete"]
        entitled = self._worth_it([trial for trial in complete if eligible(trial)])
        if not entitled:
            return None
        compared = self.compare(complete)
        best = max(entitled, key=lambda trial: compared[trial.candidate.name].value)
        against = self.compare([best, *entitled]) if compared[best.candidate.name].difference < 0 else compared
        equals = [
            trial
            for trial in entitled
            if trial is best
            or (against[trial.candidate.name].ties_with_best and against[trial.candidate.name].difference >= -MARGIN)
        ]

        def cost(trial: Trial) -> tuple[int, float, int]:
            candidate = trial.candidate
            return candidate.source.parameters, candidate.source.seconds, candidate.rung

        return Choice(min(equals, key=cost), compared)

    def compare(self, trials: Sequence[Trial]) -> dict[str, Compared]:
        """Each against the best of them, on the cases that all have answered for."""
        seen = np.logical_and.reduce([trial.seen for trial in trials])
        ties = find_ties(
            self.labels[seen],
            {trial.candidate.name: trial.chances[seen] for trial in trials},
            positive=self.positive,
            groups=None if self.groups is None else self.groups[seen],
            seed=self.seed,
        )
        return {item.name: item for item in ties.candidates}

    def gap(self, trial: Trial, best: Trial) -> Gap:
        """Of a trial to the best so far."""
        compared = self.compare([best, trial])
        mine, theirs = compared[trial.candidate.name], compared[best.candidate.name]
        if mine.difference < 0:
            return Gap(mine.difference, mine.difference_low, mine.difference_high)
        return Gap(-theirs.difference, -theirs.difference_high, -theirs.difference_low)

    def instead(self, choice: Choice, trial: Trial) -> Choice:
        """``trial``, which has answered for some cases only, in place of what was chosen; it is told as compared
        there."""
        compared = self.compare([choice.chosen, trial])[trial.candidate.name]
        return Choice(trial, {**choice.compared, trial.candidate.name: compared})

    def _worth_it(self, trials: Sequence[Trial]) -> list[Trial]:
        """Without those of several backbones that are not ahead of the best single one for sure."""
        single = [trial for trial in trials if not trial.candidate.source.joined]
        joined = [trial for trial in trials if trial.candidate.source.joined]
        if not single or not joined:
            return list(trials)
        compared = self.compare(single)
        best = max(single, key=lambda trial: compared[trial.candidate.name].value)
        ahead = [trial for trial in joined if self.compare([best, trial])[best.candidate.name].difference_high < 0]
        return [*single, *ahead]
