"""A backbone as the encoder of an outline: its maps at every scale, for one pass.

Of each size the last block that gives a map of it is tapped, where there is no block the last layer, so that any
convolutional backbone of any family serves, with its own weights, stem and normalisation. Networks whose stages give
tokens have no such maps and are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medgraft.errors import ConfigError
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import tapped

__all__ = ["Pyramid"]

_STRIDES = (2, 4, 8, 16, 32)
_PROBE = 64


class Pyramid(nn.Module):
    """Pixels (N, C, H, W) in [0, 1], sides multiples of 32 → maps at a half, a quarter, … a 32nd of the sides.

    ``channels`` and ``strides`` say what comes, finest first. Raises ``ConfigError`` for a network without maps.
    """

    def __init__(self, network: BackboneNetwork) -> None:
        super().__init__()
        self.network = network
        try:
            found = self._found()
        except (AssertionError, RuntimeError, ValueError):  # a network of one fixed size of picture
            found = []
        if len(found) < 2:
            raise ConfigError(
                "segmentation with this backbone: its stages give no maps of several sizes (tokens, or one size); "
                "choose a convolutional one, as tf_efficientnet_lite0, resnet50 or convnext_tiny"
            )
        self.names = [name for name, _, _ in found]
        self.strides = [stride for _, stride, _ in found]
        self.channels = [channels for _, _, channels in found]

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """See the class."""
        with tapped(self.network.body, self.names) as maps:
            self.network.body(self.network.prepare(pixels))
        return tuple(maps[name].float() for name in self.names)

    def _found(self) -> list[tuple[str, int, int]]:
        """(module, stride, channels): of each stride the last block, else the last layer, finest first."""
        order: list[tuple[str, tuple[int, ...]]] = []
        modules = {name: module for name, module in self.network.body.named_modules() if name}
        taps = [module.register_forward_hook(_noted(name, order)) for name, module in modules.items()]
        try:
            with torch.no_grad():
                self.network.body(self.network.prepare(torch.zeros(1, self.network.channels, _PROBE, _PROBE)))
        finally:
            for tap in taps:
                tap.remove()
        found: dict[int, tuple[tuple[bool, int], str, int]] = {}
        for name, shape in order:
            stride = _PROBE // shape[2] if shape[2] == shape[3] and shape[2] else 0
            # inside the block that halves a map there are parts still of the size before it: the outermost counts
            rank = (not _is_block(modules[name]), name.count("."))
            if stride in _STRIDES and stride * shape[2] == _PROBE and (stride not in found or rank <= found[stride][0]):
                found[stride] = (rank, name, shape[1])
        return [(name, stride, channels) for stride, (_, name, channels) in sorted(found.items())]


def _is_block(module: nn.Module) -> bool:
    """Whether it is made of convolutions, and is none itself."""
    inner = [child for child in module.modules() if child is not module]
    return any(isinstance(child, nn.Conv2d) for child in inner)


def _noted(name: str, order: list[tuple[str, tuple[int, ...]]]) -> nn.Module:
    def hook(module: nn.Module, given: Sequence[Tensor], output: Tensor) -> None:
        if isinstance(output, Tensor) and output.ndim == 4:
            order.append((name, tuple(output.shape)))

    return hook  # type: ignore[return-value]
