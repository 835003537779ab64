"""What a fine-tuning is to do, as plain data (no torch): strategies make it, ``finetuning`` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medgraft.transfer.models.adapter_plan import LowRankPlan, ScaleShiftPlan
from medgraft.transfer.training.packing import Precision

__all__ = ["AdversaryPlan", "Plan", "PrefixPlan", "Rates"]


@dataclass(frozen=True)
class Rates:
    """``lr``: learning rate of the head; ``decay``: factor from a stage to the one before it, in (0, 1];
    ``weight_decay``: AdamW's, on matrices and filters only (not on biases and normalisation, Bao et al.
    2022)."""

    lr: float
    decay: float
    weight_decay: float


@dataclass(frozen=True)
class PrefixPlan:
    """How the activations are kept. ``folder`` belongs to this network, cut, preprocessing, cohort and augmentation
    alone; ``cases`` is the number of cases of the whole cohort, whose positions are the slots; ``limit`` in bytes."""

    folder: Path
    cases: int
    views: int
    precision: Precision
    limit: int


@dataclass(frozen=True)
class AdversaryPlan:
    """What pictures are changed by while the network learns (see ``adversary``).

    ``epsilon``: largest change of a pixel, in [0, 1]; ``steps`` of an attack, each ``step`` times epsilon; ``beta``:
    weight of TRADES' second part; ``replays`` of a batch where training is ``free``; ``judge_steps``: steps of the
    attack on validation cases.
    """

    method: Literal["fgsm", "free", "pgd", "trades"]
    epsilon: float
    steps: int
    step: float
    beta: float
    replays: int
    judge_steps: int


@dataclass(frozen=True)
class Plan:
    """What learns.

    ``stage``: the first that does (all before it stay frozen), ``""`` for the one of ``default_stage``, ``None`` for
    the whole network. ``learns``: of what is not frozen by that, everything, biases and norms alone, or an adapter
    alone. ``batchnorm``: its statistics and, where everything learns, its parameters stay as they are, or move.
    ``prefix``: how activations at the cut are kept; ``None``: they are computed each time. ``thaw_every``: epochs after
    which the next stage joins in, the last one first; 0: all from the start. ``wise``: the weights between start and
    end with the lowest validation loss. ``anchor``: pull of the backbone to where it started, see ``Recipe``.
    ``adversary``: what attacks the pictures in training, and those on which epochs are judged.
    """

    rates: Rates
    stage: str | None = None
    learns: Literal["everything", "bias-and-norm"] | LowRankPlan | ScaleShiftPlan = "everything"
    batchnorm: Literal["frozen", "train"] = "frozen"
    prefix: PrefixPlan | None = None
    thaw_every: int = 0
    wise: bool = False
    anchor: float = 0.0
    adversary: AdversaryPlan | None = None
