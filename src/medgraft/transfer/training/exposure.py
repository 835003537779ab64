"""How a batch is shown to the network that learns: as it is, or changed against it.

An exposure turns a batch into one loss a case, for training, and says on which inputs an epoch is judged. It may show
a batch several times in a row (``replays``), with a step after each. What it draws, it draws from torch's generator,
which the loop seeds by (seed, epoch, step); what it remembers from step to step it forgets when an epoch begins: so a
training that was broken off ends as an unbroken one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from medgraft.transfer.training.objective import Objective
from medgraft.transfer.training.placement import Placement

__all__ = ["Exposure", "Learner", "Plain"]


@dataclass(frozen=True)
class Learner:
    """The network that learns, called with its inputs, in the precision of the place."""

    network: nn.Module
    placement: Placement

    def __call__(self, *inputs: Tensor) -> Tensor:
        """What the network gives, float32."""
        with self.placement.precision():
            given: Tensor = self.network(*inputs)
        return given.float()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Within it the network is in eval mode, so that no statistic moves; afterwards in the mode that it had."""
        mode = self.network.training
        self.network.eval()
        try:
            yield
        finally:
            self.network.train(mode)


class Exposure(Protocol):
    """See the module. ``replays``: steps in a row on each batch, 1 or more."""

    @property
    def replays(self) -> int: ...

    def begin(self) -> None:
        """An epoch begins."""
        ...

    def loss(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor, objective: Objective) -> Tensor:
        """(N,) what is minimised; the network is in training mode, before and after."""
        ...

    def judged(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor) -> Sequence[Tensor]:
        """The inputs on which an epoch is judged, of validation cases with ``labels`` (N,); the network is in eval
        mode. Nothing random is drawn."""
        ...


class Plain:
    """Every batch as it is, once."""

    replays = 1

    def begin(self) -> None:
        """Nothing is remembered."""

    def loss(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor, objective: Objective) -> Tensor:
        """The objective of what the network gives."""
        return objective.loss(learner(*inputs), labels)

    def judged(self, learner: Learner, inputs: Sequence[Tensor], labels: Tensor) -> Sequence[Tensor]:
        """As they are."""
        return inputs
