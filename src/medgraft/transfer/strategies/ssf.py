"""SSF: every layer of the frozen network gets a scale and a shift that learn; merged into its weights afterwards.

Source: Lian et al. 2022, Scaling & Shifting Your Features.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.models.adapter_plan import ScaleShiftPlan
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["Ssf", "SsfConfig"]


class SsfConfig(TuningConfig):
    """Options of ssf."""

    kind: Literal["ssf"] = "ssf"
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate")] = 1e-3


@STRATEGIES.register("ssf")
class Ssf:
    """The probe's head, then a scale and a shift for each channel."""

    name: ClassVar[str] = "ssf"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = SsfConfig

    def __init__(self, config: SsfConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        plan = Plan(
            Rates(config.lr, 1.0, config.weight_decay), learns=ScaleShiftPlan(), wise=config.average == "wise-ft"
        )
        return tune(self.name, config, plan, material)
