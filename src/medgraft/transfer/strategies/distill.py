"""Distillation: a small backbone learns what a larger model answers, and then answers in its place, faster.

The teacher is a run that was made before on the same cohort. It is asked once for its answers on the training
cases; a softened answer tells which classes a case is nearly like, which its label does not. The student is
fine-tuned from its own probe on labels and answers together; it is judged, as always, on the labels.

Source: Hinton, Vinyals & Dean 2015, Distilling the Knowledge in a Neural Network.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, Field

from medgraft.errors import UsageError
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.tuning import BatchNorm, LayerDecay, TuningConfig, tune
from medgraft.transfer.training.lesson import Lesson
from medgraft.transfer.training.plan import Plan, Rates

__all__ = ["Distill", "DistillConfig"]

_TINY = 1e-15


class DistillConfig(TuningConfig):
    """Options of distillation."""

    kind: Literal["distill"] = "distill"
    teacher: Annotated[str, Field(description="the run (or bundle) that is learnt from")] = ""
    temperature: Annotated[float, Field(ge=1, le=20, description="by which the teacher's answers are softened")] = 2.0
    teacher_weight: Annotated[float, Field(ge=0, le=1, description="of the teacher's answers against the labels")] = 0.5
    loss: Annotated[Literal["cross-entropy"], Field(description="of the labels; the teacher's part is added")] = (
        "cross-entropy"
    )
    label_smoothing: Annotated[float, Field(ge=0, le=0, description="none: the teacher's answers are soft")] = 0.0
    layer_decay: LayerDecay = 0.75
    batchnorm: BatchNorm = "frozen"


@STRATEGIES.register("distill")
class Distill:
    """The whole network, from its probe to what a teacher answers."""

    name: ClassVar[str] = "distill"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = DistillConfig

    def __init__(self, config: DistillConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``tune``. Raises ``UsageError`` without a teacher."""
        config = self.config
        if material.teacher is None:
            raise UsageError("distill: nobody to learn from; name a run with --set strategy.teacher=RUN")
        answers = material.teacher()
        lesson = Lesson(answers, config.temperature, config.teacher_weight)
        rates = Rates(config.lr, config.layer_decay, config.weight_decay)
        plan = Plan(rates, batchnorm=config.batchnorm, wise=config.average == "wise-ft")
        done = tune(self.name, config, plan, material, lesson=lesson)
        val = np.flatnonzero(material.is_val)
        hit = np.maximum(answers[val, material.labels[val]], _TINY)
        done.facts["teacher"] = {"val_loss": float(-np.log(hit).mean())}
        return done
