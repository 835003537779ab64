"""A backbone with a projector on it: what learns from pairs of views. The projector is thrown away in the end."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["PairEmbedder"]


class PairEmbedder(nn.Module):
    """Two views (N, C, S, S) each → embeddings (N, 2, D). Both go through in one batch, so that BatchNorm sees twice as
    many pictures; the projector's weights are drawn from ``seed`` alone."""

    def __init__(self, trunk: nn.Module, features: int, dimensions: int, seed: int) -> None:
        super().__init__()
        self.trunk = trunk
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.projector = nn.Sequential(
                nn.Linear(features, dimensions, bias=False),
                nn.BatchNorm1d(dimensions),
                nn.ReLU(),
                nn.Linear(dimensions, dimensions, bias=False),
                nn.BatchNorm1d(dimensions),
                nn.ReLU(),
                nn.Linear(dimensions, dimensions, bias=False),
            )

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Embeddings, (N, 2, D)."""
        embedded: Tensor = self.projector(self.trunk(torch.cat([first, second])))
        return torch.stack(embedded.chunk(2), dim=1)
