"""The ladder: from cheap candidates to dear ones, on the same folds, until the time is up.

Sources are made ready one after the other, the first one whatever it costs. On the lower rungs heads on cached features
are tried with every source. Only the best source, and what ties with it, goes on to the upper rungs, where networks are
trained fold by fold (successive halving): a candidate that is not ahead of the best so far on the folds that it has
answered is dropped, so that most cost one fold. A training gets no more time than leaves room for its other folds and
for making the model; what it had epochs for in the first fold is what it gets in the others. A training that got not
one epoch that way gets what is left at the end: one fold, and it is taken only if it is surely ahead there (the paired
interval of the difference lies above 0).

At any moment the best so far can be used: a head is fitted in a moment, and a trained network that became the best is
made at once. Ctrl-C and the end of the time both lead there. The test cases are never looked at.

Sources: Jamieson & Talwalkar 2016 (successive halving); Karnin et al. 2013.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import MedgraftError, UsageError
from medgraft.progress import Progress
from medgraft.transfer.selection.choice import Choice, Gap, Judge
from medgraft.transfer.selection.trial import Candidate, Source, Trial
from medgraft.transfer.strategies.strategy import STRATEGIES, Transferred

__all__ = ["Climb", "Ground", "Ladder", "Planned"]

_UPPER_SOURCES = 2
"""Sources that networks are trained from."""
_FINAL = 1.5
"""What making the final model costs, in folds."""


@dataclass(frozen=True)
class Planned:
    """A source that can be made ready. ``expected``: seconds that this will take; ``None`` where it is not known."""

    name: str
    make: Callable[[], Source]
    expected: float | None = None


@dataclass(frozen=True)
class Ground:
    """What all candidates stand on. ``fold`` (n,): the common folds; ``deadline`` by ``clock``; ``reserve``: seconds
    that everything after the ladder needs."""

    fold: NDArray[np.int64]
    judge: Judge
    deadline: float
    reserve: float
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds for trying."""
        return self.deadline - self.reserve - self.clock()


@dataclass
class Climb:
    """What was tried. ``made`` is the model of the chosen one; ``ended``: why the ladder ended."""

    trials: list[Trial] = field(default_factory=list)
    choice: Choice | None = None
    made: Transferred | None = None
    sources: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    ended: str = "all candidates were tried"

    @property
    def chosen(self) -> Trial:
        """The winner. Raises ``UsageError`` where nothing was complete."""
        if self.choice is None:
            raise UsageError("the budget: nothing could be tried in it; give it more time")
        return self.choice.chosen


class Ladder:
    """``lower``: settings of strategies on cached features; ``upper``: of those that train a network; each the cheapest
    first."""

    def __init__(
        self,
        ground: Ground,
        lower: Sequence[Mapping[str, Any]],
        upper: Sequence[Mapping[str, Any]],
        progress: Progress,
    ) -> None:
        self.ground, self._lower, self._upper, self._progress = ground, lower, upper, progress
        self.climb = Climb()
        self._made: dict[str, Transferred] = {}

    def run(self, planned: Sequence[Planned]) -> Climb:
        """Climb as far as the time goes."""
        try:
            sources = self._lower_rungs(planned)
            for rung, settings in enumerate(self._upper, start=len(self._lower)):
                for source in self._going_on(sources):
                    self._train(Candidate(source, settings, rung))
            self._second_chances()
            if self.ground.left <= 0:
                self.climb.ended = "the time was up"
        except KeyboardInterrupt:
            self.climb.ended = "it was stopped by hand"
            self._progress.notice("stopped: the best so far is taken")
        self._settle()
        self.climb.made = self._made.get(self.climb.chosen.candidate.name)
        return self.climb

    def _lower_rungs(self, planned: Sequence[Planned]) -> list[Source]:
        """Every source that there is time for, with every head."""
        sources: list[Source] = []
        for plan in planned:
            if sources and (plan.expected or 0.0) > self.ground.left:
                self.climb.left_out[plan.name] = "there was no time left to read its features"
                continue
            try:
                source = plan.make()
            except MedgraftError as error:
                self.climb.left_out[plan.name] = str(error)
                continue
            sources.append(source)
            self.climb.sources.append(plan.name)
            for rung, settings in enumerate(self._lower):
                if source.serves(str(settings["kind"])):
                    self._answer_all(Candidate(source, settings, rung))
        return sources

    def _answer_all(self, candidate: Candidate) -> None:
        trial = self._begin(candidate)
        while trial.status == "running":
            if self.climb.choice is not None and self.ground.left <= 0:
                trial.status, trial.reason = "no time", "the time was up"
                return
            self._next(trial, until=None)
        self._settle()

    def _begin(self, candidate: Candidate) -> Trial:
        trial = Trial(candidate, self.ground.fold)
        self.climb.trials.append(trial)
        self._progress.step(f"trying {candidate.name}")
        return trial

    def _next(self, trial: Trial, until: float | None) -> None:
        """One fold more; what a candidate cannot do is its own affair."""
        try:
            trial.next_fold(until=until, clock=self.ground.clock)
        except MedgraftError as error:
            trial.status, trial.reason = "failed", str(error)

    def _going_on(self, sources: Sequence[Source]) -> list[Source]:
        """The best source that can be trained, and another that ties with it: its best candidate ties with the best of
        all."""
        choice = self._settle()
        if choice is None:
            return []
        best = {trial.candidate.source.name: choice.compared[trial.candidate.name] for trial in self._ranked(choice)}
        able = [source for source in sources if source.trainable and source.name in best]
        if not able:
            return []
        tied = [source for source in able if best[source.name].ties_with_best]
        first = choice.chosen.candidate.source
        if not first.trainable:
            first = max(able, key=lambda source: best[source.name].value)
        return [first, *[source for source in tied if source is not first]][:_UPPER_SOURCES]

    def _ranked(self, choice: Choice) -> list[Trial]:
        """Complete trials on cached features, the worst first."""
        complete = [trial for trial in self.climb.trials if trial.candidate.name in choice.compared]
        return sorted(complete, key=lambda trial: choice.compared[trial.candidate.name].value)

    def _train(self, candidate: Candidate) -> None:
        """Fold by fold, while it is ahead of the best so far and there is time for the rest."""
        if self.ground.left <= 0:
            return
        trial = self._begin(candidate)
        left, folds = self.ground.left, trial.folds
        self._next(trial, until=self.ground.clock() + left / (folds + _FINAL))
        if trial.status == "running" and not trial.epochs:
            trial.status, trial.reason = "no time", "not one epoch fits into its share of the time"
        while trial.status == "running":
            ahead = self._gap(trial).value
            if ahead <= 0:
                trial.status, trial.reason = "dropped", f"{ahead:+.3f} to the best so far on the folds it answered"
                return
            each = trial.seconds / trial.folds_done
            if self.ground.left < each * (folds - trial.folds_done + _FINAL):
                trial.status, trial.reason = "no time", "its other folds do not fit into the time that is left"
                return
            self._next(trial, until=None)
        if trial.status == "complete":
            self._make(trial)

    def _second_chances(self) -> None:
        """What is left of the time, for trainings that got not one epoch of their share."""
        for trial in [trial for trial in self.climb.trials if trial.status == "no time" and not trial.epochs]:
            again, spent, left = Trial(trial.candidate, self.ground.fold), trial.seconds, self.ground.left
            if left <= 0 or not STRATEGIES.get(trial.candidate.kind).needs_network or not trial.folds_done:
                continue
            self._next(again, until=self.ground.clock() + left / (1 + _FINAL))
            again.seconds += spent
            if again.status != "running" or not again.epochs:
                trial.seconds = again.seconds
                continue
            self.climb.trials[self.climb.trials.index(trial)] = again
            gap = self._gap(again)
            again.status = "ahead" if gap.sure else "dropped"
            again.reason = f"{gap} to the best so far on the one fold that there was time for"
            if gap.sure:
                self._make(again)

    def _gap(self, trial: Trial) -> Gap:
        """To the best so far (no network is trained before there is one), on the cases that both have."""
        self._settle()
        return self.ground.judge.gap(trial, self.climb.chosen)

    def _make(self, trial: Trial) -> None:
        """The model of a trained candidate, if it is the best now; without it, it cannot be chosen."""
        choice = self._settle(also=trial)
        if trial.status != "ahead" and (choice is None or choice.chosen is not trial):
            return
        candidate = trial.candidate
        member = STRATEGIES.get(candidate.kind)
        strategy = member(member.Config(**{**candidate.settings, "epochs": trial.epochs}))
        self._progress.step(f"making {candidate.name}")
        began = self.ground.clock()
        try:
            self._made[candidate.name] = strategy.fit(
                replace(candidate.source.material, until=self.ground.deadline - self.ground.reserve)
            )
        except (MedgraftError, KeyboardInterrupt) as error:
            trial.status, trial.reason = "failed", str(error) or "stopped by hand while its model was made"
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            trial.seconds += self.ground.clock() - began
            self._settle()

    def _settle(self, also: Trial | None = None) -> Choice | None:
        """Who is the best so far, of those that can be used: heads, unless they hold rows of patients, and trained
        networks whose model is made, or ``also``."""

        def eligible(trial: Trial) -> bool:
            member = STRATEGIES.get(trial.candidate.kind)
            usable = not member.needs_network and not getattr(member, "keeps_gallery", False)
            return usable or trial is also or trial.candidate.name in self._made

        choice = self.ground.judge.choose(self.climb.trials, eligible)
        for trial in self.climb.trials:
            if choice is not None and trial.status == "ahead" and trial.candidate.name in self._made:
                choice = self.ground.judge.instead(choice, trial)
        self.climb.choice = choice
        return choice
