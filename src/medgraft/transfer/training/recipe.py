"""What a training is given besides its network: the cases, and how they are gone through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.exposure import Exposure, Plain
from medgraft.transfer.training.objective import CrossEntropy, Objective

__all__ = ["Cases", "Recipe", "Score"]

Score = Callable[[NDArray[np.float64], NDArray[np.int64]], dict[str, float | None]]
"""(the objective's answers (n, …), labels (n,)) → further columns of the history, finite or ``None``."""


@dataclass(frozen=True)
class Cases:
    """``train`` is learnt from; ``val`` says when to stop and which epoch is kept; ``score`` is only told."""

    train: Examples
    val: Examples
    score: Score | None = None


@dataclass(frozen=True)
class Recipe:
    """``warmup``: share of all steps in [0, 1]; ``patience``: epochs without a lower validation loss before it stops;
    ``clip_norm``: the gradient's largest L2 norm; ``sampling``: each case once an epoch, or as many draws with all
    classes equally likely; ``ema``: decay of the average of the weights that is judged and kept, 0 for none;
    ``anchor``: pull to the weights of the start, a step (decoupled L2-SP, Li et al. 2018), for groups that ask for it
    (``anchored``); ``thaw(epoch)`` is called before an epoch, and may change what is frozen; ``until``: a time of
    ``time.monotonic`` after which no epoch is begun that the last one says would not be done by then; ``keep``: the
    epoch whose weights are the outcome: of the lowest validation loss, of the highest validation AUROC (the earliest of
    these), or the last; only with ``best`` training stops early; ``schedule``: see ``SCHEDULES``; ``half``: see
    ``Placement``;
    ``exposure``: how a batch is shown to the network."""

    epochs: int
    batch_size: int
    warmup: float
    patience: int
    clip_norm: float
    seed: int
    device: str
    objective: Objective = field(default_factory=CrossEntropy)
    exposure: Exposure = field(default_factory=Plain)
    sampling: Literal["all", "balanced"] = "all"
    ema: float = 0.0
    anchor: float = 0.0
    thaw: Callable[[int], None] | None = None
    until: float | None = None
    keep: Literal["best", "best-auroc", "last"] = "best"
    schedule: Literal["cosine", "steps"] = "cosine"
    half: bool = False
