"""Partial fine-tuning: everything before a stage stays frozen, that stage and what follows learn with the head.

What is frozen gives the same activations every epoch. They are computed once, kept (the prefix cache), and only the
suffix is computed and trained from then on; with augmentation, a few views of each picture are kept and taken in turns.

Source: Yosinski et al. 2014, How transferable are features in deep neural networks?
"""

from __future__ import annotations

import hashlib
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.packing import Precision
from medgraft.transfer.training.plan import Plan, PrefixPlan, Rates

__all__ = ["Partial", "PartialConfig"]


class PartialConfig(TuningConfig):
    """Options of partial."""

    kind: Literal["partial"] = "partial"
    from_stage: Annotated[
        str, Field(description="first stage that learns, as `medgraft list stages` names it; empty: the last half")
    ] = ""
    cache: Annotated[
        Literal["scaled16", "float16", "float32", "none"],
        Field(description="of the kept activations: 16-bit steps of their range, or floats; none: computed every time"),
    ] = "scaled16"
    views: Annotated[int, Field(ge=1, le=100, description="augmented views of each picture that are kept")] = 3
    cache_gb: Annotated[float, Field(gt=0, description="most disk for the kept activations, in GB")] = 8.0
    layer_decay: LayerDecay = 0.75
    batchnorm: BatchNorm = "frozen"


@STRATEGIES.register("partial")
class Partial:
    """The probe's head, then the last stages, on kept activations."""

    name: ClassVar[str] = "partial"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = PartialConfig

    def __init__(self, config: PartialConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``."""
        config = self.config
        plan = Plan(
            Rates(config.lr, config.layer_decay, config.weight_decay),
            stage=config.from_stage,
            batchnorm=config.batchnorm,
            prefix=None if config.cache == "none" else self._kept(material, config.cache),
            wise=config.average == "wise-ft",
        )
        return tune(self.name, config, plan, material)

    def _kept(self, material: Material, precision: Precision) -> PrefixPlan:
        """Where activations of just these pictures, network, cut and augmentation are kept."""
        config = self.config
        text = f"{material.identity}|{config.from_stage}|{precision}|{material.modality}|{material.seed}|{config.views}"
        digest = hashlib.sha256(f"{text}|{config.augment}".encode()).hexdigest()[:32]
        folder = (material.cache or material.checkpoints) / "prefix" / digest
        cases = int(material.index.max()) + 1 if material.cohort_size is None else material.cohort_size
        return PrefixPlan(folder, cases, config.views, precision, int(config.cache_gb * 1e9))
