"""Which modules of a network give its maps, and at which stride: what a pyramid on top of it reads.

A square picture goes through once. Of each stride the last of the stages that give maps of it counts. Where no stages
are named, a stage is a block, or where there is no block a layer; the outermost, because inside the block that halves
a map there are parts still of the size before it. Networks whose stages give tokens have no such maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import tapped

__all__ = ["Scale", "find_scales"]

_PROBE = 64
"""Pixels along a side; every stride up to 64 divides it."""


@dataclass(frozen=True)
class Scale:
    """``module``: by its name in the network's body; ``channels`` of its maps."""

    module: str
    stride: int
    channels: int


def find_scales(network: BackboneNetwork, among: Sequence[str] | None = None) -> dict[int, Scale]:
    """The scale of each stride, finest first; empty for a network without maps, or of one fixed size of picture.
    ``among``: the stages, by their names in its body; names that it has not are skipped."""
    modules = {name: module for name, module in network.body.named_modules() if name}
    names = list(modules) if among is None else [name for name in among if name in modules]
    was = network.training
    try:
        with torch.no_grad(), tapped(network.body, names) as outputs:
            network.eval().body(network.prepare(torch.zeros(1, network.channels, _PROBE, _PROBE)))
    except (AssertionError, RuntimeError, ValueError):
        return {}
    finally:
        network.train(was)
    found: dict[int, tuple[tuple[bool, int], Scale]] = {}
    for name, output in outputs.items():
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[2] != output.shape[3]:
            continue
        stride, left = divmod(_PROBE, output.shape[2] or 1)
        rank = (not _is_block(modules[name]), name.count(".")) if among is None else (False, 0)
        if output.shape[2] and not left and (stride not in found or rank <= found[stride][0]):
            found[stride] = (rank, Scale(name, stride, int(output.shape[1])))
    return {stride: scale for stride, (_, scale) in sorted(found.items())}


def _is_block(module: nn.Module) -> bool:
    """Whether it is made of convolutions, and is none itself."""
    inner = [child for child in module.modules() if child is not module]
    return any(isinstance(child, nn.Conv2d) for child in inner)
