"""From scratch: the same network without any source task, trained on the target's cases alone.

The comparator that tells what transfer was worth. Weights are drawn from the seed; BatchNorm moves, because it has no
statistics yet.

Source: He, Girshick & Dollár 2019, Rethinking ImageNet Pre-training; Raghu et al. 2019, Transfusion.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["Scratch", "ScratchConfig"]


class ScratchConfig(TuningConfig):
    """Options of scratch."""

    kind: Literal["scratch"] = "scratch"
    epochs: Annotated[int, Field(ge=1, le=1000, description="largest number of passes over the training cases")] = 40
    batch_size: Annotated[int, Field(ge=1, le=4096, description="cases a step")] = 32
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate")] = 1e-3
    patience: Annotated[
        int, Field(ge=1, description="epochs without a lower validation loss before training stops")
    ] = 12


@STRATEGIES.register("scratch")
class Scratch:
    """The whole network from random weights."""

    name: ClassVar[str] = "scratch"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = ScratchConfig

    def __init__(self, config: ScratchConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        plan = Plan(Rates(config.lr, 1.0, config.weight_decay), batchnorm="train", wise=config.average == "wise-ft")
        material = replace(material, backbone=material.backbone.forgotten(material.seed))
        return tune(self.name, config, plan, material, from_probe=False)
