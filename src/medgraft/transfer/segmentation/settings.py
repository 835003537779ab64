"""What can be set of a segmentation; all of it has a default that the plan settles by what the cohort is like."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["OUTLINE_STRATEGIES", "SegmentationSettings"]

OUTLINE_STRATEGIES = ("lp-ft", "linear-probe", "full", "scratch")


class SegmentationSettings(BaseModel):
    """The section ``segmentation`` of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    network: Literal["auto", "2d", "2.5d", "3d", "inflated"] = Field(
        default="auto",
        description="pictures: 2d; volumes: 2.5d (a pretrained encoder, slice by slice, each with its neighbours), "
        "3d (a U-Net of volumes, from scratch) or inflated (a pretrained encoder with its filters repeated along the "
        "depth); auto takes 3d where whole volumes are small enough for a CPU, else 2.5d",
    )
    decoder: Literal["unet", "fpn"] = Field(default="unet", description="what stands on a 2-D encoder")
    width: int = Field(default=16, ge=4, le=256, description="channels of the decoder's last block, or of the 3-D")
    limit: int = Field(default=512, ge=32, le=4096, description="longest side of a picture that is learnt from, pixels")
    patch: tuple[int, ...] | None = Field(
        default=None, description="rows and columns (3d: slices too) that are learnt from at a time; none: planned"
    )
    batch: int | None = Field(default=None, ge=1, le=256, description="patches in a batch; none: planned")
    epochs_frozen: int = Field(default=8, ge=0, le=1000, description="of lp-ft and linear-probe, encoder frozen")
    epochs: int = Field(default=40, ge=0, le=2000, description="of training everything")
    patience: int = Field(default=40, ge=1, le=2000, description="epochs without a lower validation loss")
    lr: float = Field(default=1e-3, gt=0, le=1, description="largest learning rate of decoder or 3-D network")
    encoder_lr: float = Field(default=1e-4, gt=0, le=1, description="largest learning rate of a pretrained encoder")
    weight_decay: float = Field(default=1e-4, ge=0, le=1, description="AdamW's")
    ema: float = Field(default=0.0, ge=0, lt=1, description="decay of the average of the weights; 0: none")
    precision: Literal["auto", "float32"] = Field(
        default="auto", description="of training: bfloat16 where the processor or card has units for it, or float32"
    )
    boundary: float = Field(
        default=0.0, ge=0, le=20, description="how much more a pixel beside a boundary counts in the cross-entropy"
    )
    patches: int | None = Field(default=None, ge=1, le=64, description="drawn of a case in an epoch; none: planned")
    foreground: float = Field(
        default=0.5, ge=0, le=1, description="share of the patches that are drawn around a structure"
    )
    mirror: Literal["auto", "none", "left-right", "all"] = Field(
        default="auto", description="along which axes a mirror image is learnt from too; auto goes by what is pictured"
    )
    overlap: float = Field(default=0.5, ge=0, lt=1, description="of the windows in prediction, share of a side")
    flips: bool = Field(default=False, description="average the answers for the picture and its mirror images")
    views: int = Field(
        default=4, ge=1, le=32, description="drawn versions of each patch that are kept while the encoder is frozen"
    )
    cache_gb: float = Field(default=4.0, ge=0, description="disk for what a frozen encoder gives; 0: none is kept")
    start: str | None = Field(
        default=None, description="a run or bundle of segmentation whose weights are started from"
    )
