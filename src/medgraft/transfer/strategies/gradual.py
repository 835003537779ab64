"""Gradual unfreezing: the probe's head, then the last stage, and every few epochs the one before it joins in.

Source: Howard & Ruder 2018, Universal Language Model Fine-tuning for Text Classification.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["Gradual", "GradualConfig"]


class GradualConfig(TuningConfig):
    """Options of gradual."""

    kind: Literal["gradual"] = "gradual"
    epochs: Annotated[int, Field(ge=1, le=1000, description="largest number of passes over the training cases")] = 12
    every: Annotated[int, Field(ge=1, le=100, description="epochs after which the next stage joins in")] = 1
    layer_decay: LayerDecay = 0.75
    batchnorm: BatchNorm = "frozen"


@STRATEGIES.register("gradual")
class Gradual:
    """The probe's head, then stage after stage, the last one first."""

    name: ClassVar[str] = "gradual"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = GradualConfig

    def __init__(self, config: GradualConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        rates = Rates(config.lr, config.layer_decay, config.weight_decay)
        plan = Plan(rates, batchnorm=config.batchnorm, thaw_every=config.every, wise=config.average == "wise-ft")
        return tune(self.name, config, plan, material)
