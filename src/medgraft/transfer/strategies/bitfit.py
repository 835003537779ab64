"""BitFit: only biases and the scale and shift of norms learn, with the head.

BatchNorm keeps its statistics. A hundredth of the parameters moves (of the default network), so that little can be
unlearnt.

Sources: Ben Zaken et al. 2022, BitFit; Frankle et al. 2021, Training BatchNorm and Only BatchNorm.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["BitFit", "BitFitConfig"]


class BitFitConfig(TuningConfig):
    """Options of bitfit."""

    kind: Literal["bitfit"] = "bitfit"
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate")] = 1e-3


@STRATEGIES.register("bitfit")
class BitFit:
    """The probe's head, then biases and norms."""

    name: ClassVar[str] = "bitfit"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = BitFitConfig

    def __init__(self, config: BitFitConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        plan = Plan(
            Rates(config.lr, 1.0, config.weight_decay), learns="bias-and-norm", wise=config.average == "wise-ft"
        )
        return tune(self.name, config, plan, material)
