"""Reading a network at its stages: what is in the middle of it, beside what comes out at its end.

The last layer speaks of the source task's classes; edges, textures and shapes, which medical pictures are made of, are
said earlier. Of each stage every channel gives two numbers: the mean of its magnitude, and its standard deviation over
the picture. Source: Evci et al. 2022, Head2Toe; docs/decisions/0009 has the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["VARIANCE_FLOOR", "channels_of", "choose_readout", "statistics", "tapped"]

VARIANCE_FLOOR = 1e-6
"""Under the root of the deviation, whose slope would be infinite where a channel is constant."""

_MOST = 7


@contextmanager
def tapped(body: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What the modules of these names give while ``body`` runs inside the block, by name."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, given: Any, output: Any) -> None:
            outputs[name] = output

        return hook

    taps = [body.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    try:
        yield outputs
    finally:
        for tap in taps:
            tap.remove()


def channels_of(output: Any) -> int | None:
    """Channels of what a stage gives for a square picture: maps (N, C, S, S) or (N, S, S, C), tokens (N, T, C);
    ``None`` for anything else."""
    if not isinstance(output, Tensor) or output.ndim not in (3, 4):
        return None
    last = output.ndim == 3 or (output.shape[1] == output.shape[2] != output.shape[3])
    return int(output.shape[-1] if last else output.shape[1])


def statistics(output: Tensor, channels: int) -> Tensor:
    """(N, 2 channels): the mean magnitude of each channel, then its standard deviation over the picture."""
    places = (2, 3) if output.ndim == 4 and output.shape[1] == channels else tuple(range(1, output.ndim - 1))
    deviation = output - output.mean(dim=places, keepdim=True)
    spread = ((deviation * deviation).mean(dim=places) + VARIANCE_FLOOR).sqrt()
    return torch.cat([output.abs().mean(dim=places), spread], dim=1)


def choose_readout(
    body: nn.Module, stages: Sequence[tuple[str, Sequence[str]]], pixels: Tensor
) -> tuple[Tensor, tuple[tuple[str, int], ...]]:
    """What ``body`` gives for ``pixels``, and the stages worth reading: modules with maps or tokens inside.

    Single layers are left out where there are enough whole blocks, and so is a last stage as wide as the pooled output,
    which is its mean already. Of many stages seven are taken, evenly spread.
    """
    modules = dict(body.named_modules())
    names = [name for name, _ in stages if name in modules]
    blocks = [name for name in names if next(modules[name].children(), None) is not None]
    with torch.no_grad(), tapped(body, names) as outputs:
        pooled: Tensor = body(pixels)
    found = [(name, channels_of(outputs.get(name))) for name in (blocks if len(blocks) > 2 else names)]
    readable = [(name, channels) for name, channels in found if channels is not None]
    if readable and pooled.ndim > 1 and readable[-1][1] == pooled.shape[1]:
        readable.pop()
    count = min(_MOST, len(readable))
    places = [round((place + 1) * len(readable) / count) - 1 for place in range(count)]
    return pooled, tuple(readable[place] for place in places)
