"""Sections of the configuration of ``fit``: closed, typed, one place per default, each field described."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medgraft.data.imaging.filters.catalogue import AnyFilter
from medgraft.data.imaging.preprocess import CtWindows, IntensityRange

__all__ = [
    "DEFAULT_BACKBONE",
    "BackboneSection",
    "BundleSection",
    "EvaluationSection",
    "PreprocessSection",
    "Section",
    "SplitSection",
]

DEFAULT_BACKBONE = "tf_efficientnet_lite0"


class Section(BaseModel):
    """What all of them share: unknown keys are refused, nothing is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BackboneSection(Section):
    """Which network, and which of its weights."""

    name: str = Field(
        default=DEFAULT_BACKBONE,
        description="NAME of timm, torchvision/NAME, a registered one or classical; NAME@WEIGHTS; several: A+B",
    )
    weights: str | None = Field(default=None, description="name in the weights store, or 'random'")
    readout: Literal["stages", "pooled"] = Field(
        default="stages", description="features: the pooled output and the statistics of the stages, or the first alone"
    )
    volumes: Literal["slices", "inflated"] = Field(
        default="slices", description="volumes: slice by slice, or whole through the network inflated to 3-D (slow)"
    )


class PreprocessSection(Section):
    """How pictures become the network's input; what is not given comes from the backbone and the cohort."""

    size: int | None = Field(default=None, ge=16, le=1024, description="side of the input in pixels")
    channels: Literal["auto", 1, 3] = Field(default="auto", description="1 (grey) or 3 (RGB)")
    fit: Literal["squash", "pad"] = Field(default="squash", description="squash or pad to the square")
    intensity: Literal["auto", "declared", "percentile"] | IntensityRange | CtWindows = Field(
        default="auto", description="what becomes black and white; auto goes by the modality"
    )
    filters: tuple[AnyFilter, ...] = Field(default=(), description="filters before resizing, in order; none by default")
    planes: Literal["auto", 1, 3] = Field(
        default="auto", description="of a volume: one slice, or with the ones before and after it as the channels"
    )
    slices: int = Field(default=64, ge=1, le=2048, description="the most slices of a volume that are looked at")


class SplitSection(Section):
    """How cases are parted, and what is done about leaks."""

    train: float = Field(default=0.64, gt=0, lt=1, description="share of the cases")
    val: float = Field(default=0.16, gt=0, lt=1, description="share of the cases")
    test: float = Field(default=0.20, gt=0, lt=1, description="share of the cases")
    on_leak: Literal["drop", "error", "keep"] = Field(default="drop", description="what a leak in a given split gets")

    @model_validator(mode="after")
    def _shares_of_one(self) -> SplitSection:
        """The three shares are all of the cases."""
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + val + test is {total:g}; it must be 1")
        return self


class BundleSection(Section):
    """What the part that predicts may hold."""

    gallery: bool = Field(default=False, description="rows of training cases: needed by knn, and private")


class EvaluationSection(Section):
    """How numbers get their intervals."""

    compare: tuple[Literal["classical", "scratch"], ...] = Field(
        default=(), description="what is fitted beside, to tell what transfer gained: classical, scratch"
    )
    learning_curve: bool | None = Field(
        default=None, description="whether more labels would help; if not given, with a budget only"
    )
    replicates: int = Field(default=1000, ge=100, le=100_000, description="bootstrap draws over patients")
    prevalence: float | None = Field(
        default=None, gt=0, lt=1, description="share of positive cases where it will be used; that of the cases if None"
    )
    by: tuple[str, ...] = Field(default=(), description="columns whose groups are judged one by one, as sex, age")
    bands: dict[str, tuple[float, ...]] = Field(default_factory=dict, description="where a number of by is cut")
    loso: bool = Field(
        default=True, description="leave one site out: what a new site will see, where two sites or more are known"
    )
    explained: int = Field(default=24, ge=0, le=500, description="test cases with a heat map in the report; 0: none")
