"""A 2-D network inflated to three dimensions: volumes in, features or maps out.

Every convolution with a kernel larger than one gets a kernel along the depth, three slices long, that begins as 1/3
each: a volume whose slices are all alike then gives what the 2-D network gives for one of them. All other layers
act slice by slice. The kernel along the depth is kept apart from the one in the plane (one number a channel and place),
which at the start is the same function as the inflated kernel, at a third of its cost. Depth is not strided.

Source: Carreira & Zisserman 2017, Quo Vadis, Action Recognition? (inflation); Xie et al. 2018, Rethinking
Spatiotemporal Feature Learning (the kernel factorised into plane and depth).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["InflatedMaps", "InflatedNetwork", "flat_state"]

_LONG = 3


class InflatedNetwork(nn.Module):
    """Volumes (N, D, C, H, W) in [0, 1] → features (N, d): the mean over depth of what ``network`` (2-D, built as
    ``BackboneNetwork``) gives with its convolutions inflated. ``network`` is changed in place."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._depth = _inflate(network)
        self.network = network

    def forward(self, volumes: Tensor) -> Tensor:
        """Features (N, d) of volumes of equal depth."""
        count, self._depth.slices = int(volumes.shape[0]), int(volumes.shape[1])
        features: Tensor = self.network(volumes.flatten(0, 1))
        return features.view(count, self._depth.slices, -1).mean(dim=1)


class InflatedMaps(nn.Module):
    """Volumes (N, C, D, H, W), one or several → a volume of maps, or a tuple of such, of the same depth: what
    ``network`` (2-D: pictures or maps → a map or maps) gives with its convolutions inflated. ``network`` is changed in
    place."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._depth = _inflate(network)
        self.network = network

    def forward(self, *volumes: Tensor) -> Tensor | tuple[Tensor, ...]:
        """See the class."""
        count, self._depth.slices = int(volumes[0].shape[0]), int(volumes[0].shape[2])
        found = self.network(*(volume.transpose(1, 2).flatten(0, 1) for volume in volumes))
        if isinstance(found, Tensor):
            return _stacked(found, count)
        return tuple(_stacked(one, count) for one in found)


def _stacked(slices: Tensor, count: int) -> Tensor:
    """(N · D, C, H, W) → (N, C, D, H, W)."""
    return slices.view(count, -1, *slices.shape[1:]).transpose(1, 2)


def flat_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of the 2-D network, from the state of an inflated one: without the kernels along the depth."""
    inflated = {name.removesuffix("along") for name in state if name.endswith(".along")}
    flat = {}
    for name, item in state.items():
        owner, plane, last = name.rpartition("plane.")
        if not (name.endswith(".along") and name.removesuffix("along") in inflated):
            flat[owner + last if plane and owner in inflated else name] = item
    return flat


def _inflate(network: nn.Module) -> _Depth:
    """Inflate the convolutions of ``network`` in place; what they ask how many slices there are."""
    depth = _Depth()
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Conv2d) and max(module.kernel_size) > 1:
            parent = network.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], _InflatedConvolution(module, depth))
    return depth


class _Depth:
    """How many slices a volume of this pass has: layers see them as a batch."""

    slices = 1


class _InflatedConvolution(nn.Module):
    """A convolution in the plane, then one along the depth of each channel; ends are repeated."""

    def __init__(self, plane: nn.Conv2d, depth: _Depth) -> None:
        super().__init__()
        self.plane = plane
        self.along = nn.Parameter(torch.full((_LONG, plane.out_channels, 1, 1), 1.0 / _LONG))
        self._depth = depth

    def forward(self, slices: Tensor) -> Tensor:
        """(N · D, C, H, W) → (N · D, C', H', W')."""
        output: Tensor = self.plane(slices)
        stacks = output.view(-1, self._depth.slices, *output.shape[1:])
        last = self._depth.slices - 1
        places = torch.arange(self._depth.slices, device=output.device)
        mixed = sum(
            stacks[:, (places + step).clamp(0, last)] * self.along[step + _LONG // 2]
            for step in range(-(_LONG // 2), _LONG // 2 + 1)
        )
        return torch.as_tensor(mixed).flatten(0, 1)
