"""Output-space adversarial adaptation: outlines of the target look like outlines of the source to a discriminator.

A small network of strided convolutions tells, place by place, which site a map of class probabilities comes from; the
outlining network learns to make it take the target's for the source's. Shapes and layout of what is outlined are alike
at both sites even where pictures are not; where they are not (other anatomy, another share of disease), this pulls the
target's outlines to what they should not be.

Source: Tsai, Hung, Schulter, Sohn, Yang & Chandraker 2018, Learning to Adapt Structured Output Space for Semantic
Segmentation (one level).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.transfer.adaptation.outlines.across import AcrossCourse, outline_across
from medgraft.transfer.adaptation.outlines.outline_adaptation import (
    OUTLINE_ADAPTATIONS,
    AdaptedOutlines,
    OutlineAdaptationConfig,
    OutlinePair,
)
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.seeding import seeded

__all__ = ["Discriminator", "OutlineAdversary", "OutputAdversarial", "OutputAdversarialConfig"]

_SLOPE = 0.2
_SOURCE, _TARGET = 0.0, 1.0
_BETAS = (0.9, 0.99)


class OutputAdversarialConfig(OutlineAdaptationConfig):
    """Options of output-space adversarial adaptation."""

    kind: Literal["output-adversarial"] = "output-adversarial"
    steps: Annotated[int, Field(ge=1, le=100_000, description="of training")] = 200
    batch_size: Annotated[int, Field(ge=1, le=256, description="patches of each side a step")] = 4
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate of AdamW")] = 1e-4
    weight: Annotated[float, Field(ge=0, le=100, description="of the pull beside the source's loss")] = 0.01
    width: Annotated[int, Field(ge=4, le=512, description="channels of the discriminator's first layer")] = 32
    discriminator_lr: Annotated[float, Field(gt=0, le=1, description="learning rate of its Adam")] = 1e-3


class Discriminator(nn.Module):
    """Maps of class probabilities (N, classes, …) → logits (N, 1, …) of being the target's, on a grid of every 16th."""

    def __init__(self, classes: int, dims: int, width: int) -> None:
        super().__init__()
        kind = nn.Conv3d if dims == 3 else nn.Conv2d
        widths = [classes, *(width * 2**level for level in range(4))]
        body = list[nn.Module]()
        for before, after in pairwise(widths):
            body += [kind(before, after, 3, stride=2, padding=1), nn.LeakyReLU(_SLOPE)]
        self.body = nn.Sequential(*body, kind(widths[-1], 1, 1))

    def forward(self, probability: Tensor) -> Tensor:
        """See the class."""
        logits: Tensor = self.body(probability)
        return logits


class OutlineAdversary:
    """The pull: cross-entropy of taking the target's answers for the source's. Each call the discriminator learns one
    step from both sides first."""

    def __init__(self, discriminator: Discriminator, lr: float) -> None:
        self.discriminator = discriminator
        self._optimiser = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=_BETAS)

    def __call__(self, source: Tensor, target: Tensor) -> Tensor:
        """Of logits (N, classes, …)."""
        here, there = torch.softmax(source, dim=1), torch.softmax(target, dim=1)
        self.discriminator.requires_grad_(True)
        loss = self._against(here.detach(), _SOURCE) + self._against(there.detach(), _TARGET)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss / 2)
        self._optimiser.step()
        self.discriminator.requires_grad_(False)
        return self._against(there, _SOURCE)

    def _against(self, probability: Tensor, site: float) -> Tensor:
        told = self.discriminator(probability)
        return F.binary_cross_entropy_with_logits(told, torch.full_like(told, site))


@OUTLINE_ADAPTATIONS.register("output-adversarial")
class OutputAdversarial:
    """Outlines that a discriminator cannot tell from the source's."""

    name: ClassVar[str] = "output-adversarial"
    paper: ClassVar[str] = "Tsai et al. 2018, Learning to Adapt Structured Output Space for Semantic Segmentation"
    needs_source: ClassVar[bool] = True
    cost: ClassVar[str] = "some hundred steps of training on both sides"
    Config: ClassVar[type[BaseModel]] = OutputAdversarialConfig

    def __init__(self, config: OutputAdversarialConfig) -> None:
        self.config = config

    def adapt(self, pair: OutlinePair) -> AdaptedOutlines:
        """See the module. Raises ``UsageError`` without the source's cases, and where it diverges."""
        config, placement = self.config, Placement(pair.device)
        with seeded(placement.device, pair.seed, 3, 0):
            discriminator = Discriminator(pair.classes, pair.plan.dims, config.width).to(placement.device)
        pull = OutlineAdversary(discriminator, config.discriminator_lr)
        course = AcrossCourse(config.steps, config.batch_size, config.lr, config.weight)
        return outline_across(pair, course, pull)
