"""The network of a backbone: pixels in, features out, everything between inside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.source.backbones.readout import statistics, tapped
from medgraft.source.backbones.stem import adapt_stem, with_ones

__all__ = ["BackboneNetwork"]


class BackboneNetwork(nn.Module):
    """Pixels in [0, 1], (N, C, H, W) float32, C ≥ 1 as built → features (N, d) float32.

    ``body`` is the source's network without its head. Three channels are normalised by mean and std (R, G,
    B); any other number goes through an adapted stem (``adapted_stem``), or its mean is replicated where no stem can
    be adapted: both answer alike, but only an adapted stem can learn to tell the channels apart. Mean and std are no
    part of the state dict: they travel with the facts. ``readout`` names modules of the body and their channels; their
    statistics follow the pooled output.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: nn.Module,
        *,
        channels: int,
        mean: Sequence[float],
        std: Sequence[float],
        readout: Sequence[tuple[str, int]] = (),
    ) -> None:
        super().__init__()
        self.readout = tuple(readout)
        if channels < 1:
            raise UsageError(f"building a backbone for {channels} channels; 1 (grey), 3 (RGB) or another is needed")
        self.channels = channels
        self.adapted_stem = channels != 3 and adapt_stem(body, mean, std, channels)
        self.body = body
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(list(values)).float().view(1, 3, 1, 1), persistent=False)

    def prepare(self, pixels: Tensor) -> Tensor:
        """What the body takes for pixels in [0, 1]."""
        if self.adapted_stem:
            return with_ones(pixels)
        if self.channels != 3:
            pixels = pixels.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        return (pixels - self.mean) / self.std

    def forward(self, pixels: Tensor) -> Tensor:
        """Features (N, d): the pooled output, then mean magnitude and deviation of each stage that is read."""
        with tapped(self.body, [name for name, _ in self.readout]) as outputs:
            pooled: Tensor = self.body(self.prepare(pixels))
        stages = [statistics(outputs[name].float(), channels) for name, channels in self.readout]
        return torch.cat([pooled.flatten(1).float(), *stages], dim=1)
