"""A backbone as the encoder of an outline: its maps at every scale, for one pass.

The modules that give a map of each size are tapped, so that any convolutional backbone of any family serves, with its
own weights, stem and normalisation. Networks whose stages give tokens have no such maps and are refused.
"""

from __future__ import annotations

from torch import Tensor, nn

from medgraft.errors import ConfigError
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import tapped
from medgraft.source.backbones.scales import find_scales

__all__ = ["Pyramid"]

_STRIDES = (2, 4, 8, 16, 32)


class Pyramid(nn.Module):
    """Pixels (N, C, H, W) in [0, 1], sides multiples of 32 → maps at a half, a quarter, … a 32nd of the sides.

    ``channels`` and ``strides`` say what comes, finest first. Raises ``ConfigError`` for a network without maps.
    """

    def __init__(self, network: BackboneNetwork) -> None:
        super().__init__()
        self.network = network
        found = [scale for stride, scale in find_scales(network).items() if stride in _STRIDES]
        if len(found) < 2:
            raise ConfigError(
                "segmentation with this backbone: its stages give no maps of several sizes (tokens, or one size); "
                "choose a convolutional one, as tf_efficientnet_lite0, resnet50 or convnext_tiny"
            )
        self.names = [scale.module for scale in found]
        self.strides = [scale.stride for scale in found]
        self.channels = [scale.channels for scale in found]

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """See the class."""
        with tapped(self.network.body, self.names) as maps:
            self.network.body(self.network.prepare(pixels))
        return tuple(maps[name].float() for name in self.names)
