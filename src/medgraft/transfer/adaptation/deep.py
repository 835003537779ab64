"""What the deep methods share: a small network on the features, trained on labelled source cases while both sites are
pulled together (no torch until one is trained).

The network is a bottleneck of ReLU units and a linear classifier on standardised features; it comes back as a head of
its own (``mlp``). The pull is a loss of ``losses/`` with the method's name; weight and options are the method's own.

Trainings that pull against each other end where chance takes them, and no label says which end is good. So each method
is trained several times; the run whose calls agree most with those of the others is given back, with how far they agree
at all: runs that do not are no model of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.transfer.adaptation.adaptation import Adapted, Pair, Root, TargetWeight

__all__ = ["DeepConfig", "PullWeight", "adapt_deep", "central"]

_APART = 7919
"""Between the seeds of runs."""
_AGREE = 0.75

PullWeight = Annotated[float, Field(ge=0, description="weight of what pulls the sites together, beside the log-loss")]


class DeepConfig(BaseModel):
    """Options that every deep method has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_weight: TargetWeight = 10.0
    root: Root = True
    hidden: Annotated[int, Field(ge=2, le=4096, description="units of the bottleneck")] = 256
    steps: Annotated[int, Field(ge=1, le=100_000, description="steps of AdamW")] = 300
    batch_size: Annotated[int, Field(ge=8, le=4096, description="cases of each side a step")] = 64
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate")] = 3e-3
    weight_decay: Annotated[float, Field(ge=0, le=1, description="AdamW's, on weights and not on biases")] = 0.01
    warmup: Annotated[float, Field(ge=0, le=1, description="share of all steps with a rising learning rate")] = 0.1
    weight: PullWeight = 1.0
    runs: Annotated[int, Field(ge=1, le=20, description="trainings from other seeds, of which the central is used")] = 3


def adapt_deep(name: str, config: DeepConfig, pair: Pair, *, sites: NDArray[np.str_] | None = None) -> Adapted:
    """Train with the loss called ``name``, given the method's own options; torch is imported here. ``sites`` (n,) of
    the source cases, where the method tells them apart. Raises ``UsageError`` where a run diverges."""
    from medgraft.transfer.adaptation.domain_training import Course, train_across
    from medgraft.transfer.adaptation.losses.catalogue import LOSSES

    shared = {*DeepConfig.model_fields} - {"runs"}
    own: dict[str, Any] = config.model_dump(exclude={*shared, "kind", "runs"})
    make = partial(LOSSES.get(name), **own)
    course = Course(**config.model_dump(include=shared))
    seeds = [pair.seed + _APART * run for run in range(config.runs)]
    return central([train_across(make, course, replace(pair, seed=seed), sites) for seed in seeds])


def central(runs: Sequence[Adapted]) -> Adapted:
    """The run that calls most target cases as the others do, the first of equal ones."""
    called = np.stack([run.probability.argmax(axis=1) for run in runs])
    alike = (called[:, None] == called).mean(axis=2)
    others = max(len(runs) - 1, 1)
    with_others = (alike.sum(axis=1) - 1) / others
    chosen = runs[int(with_others.argmax())]
    agree = float(with_others.mean()) if len(runs) > 1 else None
    facts = {**chosen.facts, "runs": len(runs), "runs_agree": None if agree is None else round(agree, 4)}
    reason = chosen.collapsed
    if reason is None and agree is not None and agree < _AGREE:
        reason = f"{len(runs)} runs of the same training call {agree:.0%} of the cases alike: chance decides the rest"
    return replace(chosen, facts=facts, collapsed=reason)
