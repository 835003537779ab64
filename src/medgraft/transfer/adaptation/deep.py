"""What the deep methods share: a small network on the features, trained on labelled source cases while both sites are
pulled together (no torch until one is trained).

The network is a bottleneck of ReLU units and a linear classifier on standardised features; it comes back as a head of
its own (``mlp``). The pull is a loss of ``losses/`` with the method's name; weight and options are the method's own.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.transfer.adaptation.adaptation import Adapted, Pair, Root, TargetWeight

__all__ = ["DeepConfig", "PullWeight", "adapt_deep"]

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


def adapt_deep(name: str, config: DeepConfig, pair: Pair, *, sites: NDArray[np.str_] | None = None) -> Adapted:
    """Train with the loss called ``name``, given the method's own options; torch is imported here. ``sites`` (n,) of
    the source cases, where the method tells them apart. Raises ``UsageError`` where it diverges."""
    from medgraft.transfer.adaptation.domain_training import Course, train_across
    from medgraft.transfer.adaptation.losses.catalogue import LOSSES

    shared = set(DeepConfig.model_fields)
    own: dict[str, Any] = config.model_dump(exclude={*shared, "kind"})
    make = partial(LOSSES.get(name), **own)
    return train_across(make, Course(**config.model_dump(include=shared)), pair, sites)
