"""How a detector is trained: every option, its unit and its default in one place; and what its network is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "DETECTION_STRATEGIES",
    "Architecture",
    "DetectionSettings",
    "DetectionStrategy",
    "DetectorSpec",
]

Architecture = Literal["fcos", "retinanet", "faster-rcnn"]
DetectionStrategy = Literal["linear-probe", "lp-ft", "full", "scratch"]
DETECTION_STRATEGIES: tuple[DetectionStrategy, ...] = get_args(DetectionStrategy)


class DetectionSettings(BaseModel):
    """Options of detection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    architecture: Annotated[
        Architecture,
        Field(description="fcos: no anchors; retinanet: anchors; faster-rcnn: proposals first, slower on a CPU"),
    ] = "fcos"
    strategy: Annotated[
        DetectionStrategy,
        Field(
            description="linear-probe: the backbone stays, pyramid and head learn; lp-ft: that first, then the "
            "backbone too; full: all from the start; scratch: all, from random weights"
        ),
    ] = "lp-ft"
    size: Annotated[
        int | None,
        Field(ge=64, le=1024, multiple_of=32, description="side of the input in pixels; by default from the boxes"),
    ] = None
    width: Annotated[
        int, Field(ge=32, le=512, multiple_of=32, description="channels of the feature pyramid and the head")
    ] = 96
    convolutions: Annotated[int, Field(ge=1, le=4, description="3 x 3 convolutions of each branch of the head")] = 2
    head_epochs: Annotated[
        int, Field(ge=1, le=1000, description="lp-ft: largest number of epochs with the backbone frozen")
    ] = 8
    epochs: Annotated[int, Field(ge=1, le=1000, description="largest number of epochs (of lp-ft: after the head)")] = 30
    batch_size: Annotated[int, Field(ge=1, le=256, description="pictures a step")] = 8
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate of pyramid and head")] = 1e-3
    layer_decay: Annotated[
        float, Field(gt=0, le=1, description="factor on the learning rate from a stage to the one nearer to the pixels")
    ] = 0.8
    weight_decay: Annotated[float, Field(ge=0, le=1, description="AdamW's, on filters and matrices")] = 0.02
    warmup: Annotated[float, Field(ge=0, le=1, description="share of all steps with a rising learning rate")] = 0.05
    patience: Annotated[
        int, Field(ge=1, description="epochs without a lower validation loss before training stops")
    ] = 10
    clip_norm: Annotated[float, Field(gt=0, description="largest L2 norm of a step's gradient")] = 5.0
    ema: Annotated[float, Field(ge=0, lt=1, description="decay of the weights' moving average a step; 0: none")] = 0.99
    augment: Annotated[bool, Field(description="mirroring by modality, scale, shift and brightness")] = True
    frozen_stride: Annotated[
        Literal[0, 4, 8, 16],
        Field(description="lp-ft: stages up to this stride stay as the source task left them; 0: none"),
    ] = 8
    views: Annotated[
        int, Field(ge=1, le=64, description="augmented views of a picture whose frozen activations are kept")
    ] = 10
    cache_gb: Annotated[float, Field(ge=0, description="most disk for frozen activations, GB; 0: none is kept")] = 4.0


@dataclass(frozen=True)
class DetectorSpec:
    """What the network is, as plain data; ``classes`` without a background."""

    architecture: Architecture
    classes: int
    width: int
    convolutions: int
