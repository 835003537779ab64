"""LP-FT: linear probe first, then fine-tuning of the whole network from there.

The probe's head makes the first gradients small, so that they do not distort the features that the source
task gave; then every stage learns, the nearer to the pixels the slower, until the validation loss no longer falls.

Source: Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["LpFt", "LpFtConfig"]


class LpFtConfig(TuningConfig):
    """Options of lp-ft."""

    kind: Literal["lp-ft"] = "lp-ft"
    layer_decay: LayerDecay = 0.75
    batchnorm: BatchNorm = "frozen"


@STRATEGIES.register("lp-ft")
class LpFt:
    """The probe's head, then the whole network."""

    name: ClassVar[str] = "lp-ft"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = LpFtConfig

    def __init__(self, config: LpFtConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        rates = Rates(config.lr, config.layer_decay, config.weight_decay)
        plan = Plan(rates, batchnorm=config.batchnorm, wise=config.average == "wise-ft")
        return tune(self.name, config, plan, material)
