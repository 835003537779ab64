"""L2-SP: fine-tuning that is pulled back to where it started, not to zero.

The penalty is decoupled from the gradient, as AdamW's weight decay is: after each step every weight of the backbone
goes the share ``lr · alpha`` of its way back. The head, which is new, has plain weight decay.

Source: Li, Grandvalet & Davoine 2018, Explicit Inductive Bias for Transfer Learning with Convolutional Networks.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["L2Sp", "L2SpConfig"]


class L2SpConfig(TuningConfig):
    """Options of l2-sp."""

    kind: Literal["l2-sp"] = "l2-sp"
    alpha: Annotated[float, Field(gt=0, description="strength of the pull to the source's weights")] = 10.0
    layer_decay: LayerDecay = 0.75
    batchnorm: BatchNorm = "frozen"


@STRATEGIES.register("l2-sp")
class L2Sp:
    """The probe's head, then the whole network on a leash."""

    name: ClassVar[str] = "l2-sp"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = L2SpConfig

    def __init__(self, config: L2SpConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        rates = Rates(config.lr, config.layer_decay, config.weight_decay)
        plan = Plan(rates, batchnorm=config.batchnorm, wise=config.average == "wise-ft", anchor=config.alpha)
        return tune(self.name, config, plan, material)
