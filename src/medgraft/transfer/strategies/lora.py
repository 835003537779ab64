"""LoRA: a low-rank update beside every frozen matrix and filter, merged into it afterwards.

Filters are adapted as matrices (out, in · k · k); layers that are smaller than their update (depthwise ones) stay.

Source: Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.models.adapter_plan import LowRankPlan
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["Lora", "LoraConfig"]


class LoraConfig(TuningConfig):
    """Options of lora."""

    kind: Literal["lora"] = "lora"
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate")] = 1e-3
    rank: Annotated[int, Field(ge=1, le=256, description="of the update")] = 8
    alpha: Annotated[float, Field(gt=0, description="strength of the update: alpha / rank times it is added")] = 8.0


@STRATEGIES.register("lora")
class Lora:
    """The probe's head, then low-rank updates."""

    name: ClassVar[str] = "lora"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = LoraConfig

    def __init__(self, config: LoraConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        adapter = LowRankPlan(config.rank, config.alpha, material.seed)
        plan = Plan(Rates(config.lr, 1.0, config.weight_decay), learns=adapter, wise=config.average == "wise-ft")
        return tune(self.name, config, plan, material)
