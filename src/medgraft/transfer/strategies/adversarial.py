"""Adversarial training: the whole network learns from pictures that are changed against it, so that small changes of a
picture do not change its answer.

It starts from the probe's head, and costs some accuracy on clean pictures; the epoch is kept that has the lowest
validation loss under attack. ``fgsm`` takes one step from a random start, ``pgd`` several, ``free`` shows each batch
several times and has its attack for nothing, ``trades`` weighs clean accuracy against answers that do not move.

Source: Madry et al. 2018 (pgd); Wong, Rice & Kolter 2020, Fast is better than free (fgsm); Shafahi et al. 2019,
Adversarial Training for Free!; Zhang et al. 2019, Theoretically Principled Trade-off (trades).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.plan import AdversaryPlan, Plan, Rates

__all__ = ["Adversarial", "AdversarialConfig"]

_ONE_STEP = 1.25
"""Of epsilon: the step of ``fgsm`` (Wong et al. 2020)."""


class AdversarialConfig(TuningConfig):
    """Options of adversarial."""

    kind: Literal["adversarial"] = "adversarial"
    method: Annotated[
        Literal["fgsm", "free", "pgd", "trades"],
        Field(
            description="one step from a random start; steps for nothing; several steps; clean and attacked, weighed"
        ),
    ] = "fgsm"
    epsilon: Annotated[
        float, Field(gt=0, le=0.5, description="largest change of a pixel, of the range 0 to 1 (4/255 = 0.0157)")
    ] = 0.0157
    steps: Annotated[int, Field(ge=1, le=100, description="of the attack on a batch, of pgd and trades")] = 7
    step: Annotated[float, Field(gt=0, le=2, description="size of such a step, as a share of epsilon")] = 0.25
    beta: Annotated[float, Field(ge=0, le=100, description="of trades: weight of answers that do not move")] = 6.0
    replays: Annotated[
        int, Field(ge=1, le=16, description="of free: how often a batch is shown in a row; epochs are divided by it")
    ] = 4
    judge_steps: Annotated[
        int, Field(ge=1, le=100, description="of the attack on validation cases, by which the epoch is chosen")
    ] = 5
    layer_decay: LayerDecay = 1.0
    batchnorm: BatchNorm = "frozen"

    def adversary(self) -> AdversaryPlan:
        """As the training takes it."""
        one = self.method == "fgsm"
        return AdversaryPlan(
            method=self.method,
            epsilon=self.epsilon,
            steps=1 if one else self.steps,
            step=_ONE_STEP if one else self.step,
            beta=self.beta,
            replays=self.replays,
            judge_steps=self.judge_steps,
        )


@STRATEGIES.register("adversarial")
class Adversarial:
    """The probe's head, then the whole network on pictures changed against it."""

    name: ClassVar[str] = "adversarial"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = AdversarialConfig

    def __init__(self, config: AdversarialConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        rates = Rates(config.lr, config.layer_decay, config.weight_decay)
        plan = Plan(rates, batchnorm=config.batchnorm, wise=config.average == "wise-ft", adversary=config.adversary())
        if config.method == "free":
            config = config.model_copy(update={"epochs": -(-config.epochs // config.replays)})
        return tune(self.name, config, plan, material)
