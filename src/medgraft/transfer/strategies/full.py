"""Full fine-tuning without the probe first: the whole network learns at once, from a head of zeros.

What most scripts do. Large first gradients from an ignorant head move features that were good; LP-FT is the same with
that mended, and this is here to show what it mends.

Source: Yosinski et al. 2014, How transferable are features in deep neural networks?
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["Full", "FullConfig"]


class FullConfig(TuningConfig):
    """Options of full."""

    kind: Literal["full"] = "full"
    layer_decay: LayerDecay = 1.0
    batchnorm: BatchNorm = "frozen"


@STRATEGIES.register("full")
class Full:
    """The whole network, from a head of zeros."""

    name: ClassVar[str] = "full"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = FullConfig

    def __init__(self, config: FullConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        rates = Rates(config.lr, config.layer_decay, config.weight_decay)
        plan = Plan(rates, batchnorm=config.batchnorm, wise=config.average == "wise-ft")
        return tune(self.name, config, plan, material, from_probe=False)
