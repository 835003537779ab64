"""Supervised: the labels of the source set are the source task, as ImageNet's classes were.

The whole network learns to tell the classes; of the moving average of its weights, whose BatchNorm statistics are
computed anew, the epoch that judges the validation cases best is kept.

Source: Yosinski et al. 2014, How transferable are features; Raghu et al. 2019, Transfusion (medical sources).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from medgraft.transfer.pretraining.pretext import PRETEXTS, Given, Made, PretextConfig

__all__ = ["Supervised", "SupervisedConfig"]


class SupervisedConfig(PretextConfig):
    """Options of supervised."""

    kind: Literal["supervised"] = "supervised"
    patience: Annotated[
        int, Field(ge=1, description="epochs without a lower validation loss before training stops")
    ] = 6
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="share of the training target spread over all classes")
    ] = 0.1
    ema_decay: Annotated[
        float, Field(ge=0, lt=1, description="of the moving average of weights that is judged and kept; 0: none")
    ] = 0.99
    augment: Annotated[bool, Field(description="gentle augmentation, by modality, of the training cases")] = True


@PRETEXTS.register("supervised")
class Supervised:
    """Learns to tell the classes of labelled pictures."""

    name: ClassVar[str] = "supervised"
    needs_labels: ClassVar[bool] = True
    Config: ClassVar[type[PretextConfig]] = SupervisedConfig

    def __init__(self, config: SupervisedConfig) -> None:
        self.config = config

    def train(self, given: Given) -> Made:
        """See the contract."""
        from medgraft.transfer.pretraining.learning import learn_classes  # it imports torch

        config = self.config
        return learn_classes(
            config,
            given,
            patience=config.patience,
            label_smoothing=config.label_smoothing,
            ema_decay=config.ema_decay,
            augment=config.augment,
        )
