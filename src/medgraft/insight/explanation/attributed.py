"""A bundle as a network with a gradient: pixels to log-odds, by the bundle's own weights and head, in eager PyTorch.

It answers as the bundle does (tested), whether the backbone was frozen, fine-tuned, adapted or trained behind a cached
prefix: a bundle holds the whole network as it stands. Parameters take no part in a gradient, the picture does, so that
every stage of a frozen network has a slope. A stage that a later layer changes in place is seen as it was changed:
its values and its slopes are of one and the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.insight.explanation.explainer import Reading
from medgraft.insight.explanation.fusing import FINE
from medgraft.insight.explanation.log_odds import has_gradient, log_odds
from medgraft.insight.explanation.places import gridded, prefix_tokens
from medgraft.source.backbones.backbone import Backbone
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import tapped
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.heads.head import Head

__all__ = ["Attributed"]

_BATCH = 16


class Attributed:
    """An ``Explained`` network with a gradient. ``job``: the bundle's backbone and weights (see ``Predictor.job``);
    those of several backbones side by side are looked into one by one.

    Raises ``UsageError`` for a head without a gradient.
    """

    no_gradient = ""

    def __init__(self, job: Job, head: Head) -> None:
        if not has_gradient(head):
            raise UsageError(f"explaining by a gradient: a {head.kind} head has none; use occlusion")
        self.head, self._device = head, torch.device(job.device)
        self.parts = [_Part.built(part, self._device) for part in job.parts()]

    def odds(self, pixels: Tensor) -> Tensor:
        """(m, classes) log-odds of pixels (m, C, S, S)."""
        return log_odds(self.head, torch.cat([part.network(pixels) for part in self.parts], dim=1))

    def evidence(self, pixels: NDArray[np.float32], target: int) -> NDArray[np.float64]:
        """See the contract."""
        with torch.inference_mode():
            found = [self.odds(batch)[:, target] for batch in self._batches(pixels)]
        return np.asarray(torch.cat(found).cpu().numpy(), np.float64)

    def slopes(self, pixels: NDArray[np.float32], target: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See the contract."""
        values, gradients = [], []
        for batch in self._batches(pixels):
            batch.requires_grad_()
            odds = self.odds(batch)[:, target]
            (gradient,) = torch.autograd.grad(odds.sum(), [batch])
            values.append(odds.detach().cpu().numpy())
            gradients.append(gradient.cpu().numpy().astype(np.float64))
        return np.concatenate(values), np.concatenate(gradients)

    def readings(self, pixels: NDArray[np.float32], target: int) -> list[Reading]:
        """See the contract. Raises ``UsageError`` where no stage has places."""
        (batch,) = self._batches(pixels[:1])
        readings = self._read(batch, target, FINE[1]) or self._read(batch.requires_grad_(), target, None)
        if not readings:
            raise UsageError(
                f"looking into {self.parts[0].name}: none of its stages is a map of the picture; use occlusion or "
                "integrated-gradients"
            )
        return readings

    def _read(self, batch: Tensor, target: int, most: float | None) -> list[Reading]:
        """The stages from the first with at most ``most`` cells a side on: what comes before needs no gradient, which
        is half of the work. ``None``: all of them."""
        with torch.enable_grad(), ExitStack() as stack:
            if most is not None:
                for part in self.parts:
                    stack.enter_context(_started(part, most))
            taps = [stack.enter_context(tapped(part.network.body, part.stages)) for part in self.parts]
            odds = self.odds(batch)[0, target]
        found = [
            (name, output, part.prefix)
            for part, outputs in zip(self.parts, taps, strict=True)
            for name, output in _once(outputs).items()
            if gridded(output, part.prefix) is not None and output.requires_grad
        ]
        slopes = torch.autograd.grad(odds, [output for _, output, _ in found], allow_unused=True) if found else ()
        return [
            reading
            for (name, output, prefix), slope in zip(found, slopes, strict=True)
            if slope is not None and (reading := _reading(name, output, slope, prefix)) is not None
        ]

    def _batches(self, pixels: NDArray[np.float32]) -> list[Tensor]:
        whole = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).to(self._device)
        return [part.clone() for part in torch.split(whole, _BATCH)]


@dataclass(frozen=True)
class _Part:
    """One backbone network, the modules of its body that are looked at, and its tokens of no place."""

    name: str
    network: BackboneNetwork
    stages: Sequence[str]
    prefix: int | None

    @classmethod
    def built(cls, job: Job, device: torch.device) -> _Part:
        """From its weights, frozen."""
        network = job.backbone.build(job.channels, job.state)
        if not isinstance(network, BackboneNetwork):
            raise UsageError(f"explaining {job.backbone.facts.name}: it is no network that can be looked into")
        network = network.to(device).eval().requires_grad_(False)
        return cls(job.backbone.facts.name, network, _stages(job.backbone, network), prefix_tokens(network.body))


def _stages(backbone: Backbone, network: BackboneNetwork) -> list[str]:
    """The stages that are modules; whole blocks where there are enough, else single layers too."""
    known: Mapping[str, nn.Module] = dict(network.body.named_modules())
    names = [name for name, _ in backbone.stages(network) if name in known]
    blocks = [name for name in names if next(known[name].children(), None) is not None]
    return blocks if len(blocks) > 2 else names


@contextmanager
def _started(part: _Part, most: float) -> Iterator[None]:
    """While the block runs, gradients begin at the first stage with at most ``most`` cells a side."""

    def begin(module: nn.Module, given: object, output: object) -> Tensor | None:
        grid = gridded(output, part.prefix)
        if grid is None or not isinstance(output, Tensor) or output.requires_grad or grid.shape[-1] > most:
            return None
        return output.detach().requires_grad_().clone()  # a copy: a later layer may change it in place

    hooks = [part.network.body.get_submodule(name).register_forward_hook(begin) for name in part.stages]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _once(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each tensor under one name only: a container gives what its last block gave."""
    first = {id(output): name for name, output in reversed(list(outputs.items()))}
    return {name: output for name, output in outputs.items() if first[id(output)] == name}


def _reading(name: str, output: Tensor, slope: Tensor, prefix: int | None) -> Reading | None:
    """On the grid; ``None`` where no place is heard, as behind the last attention of a class token."""
    values, slopes = gridded(output.detach(), prefix), gridded(slope, prefix)
    if values is None or slopes is None or not bool((slopes != 0).any()):
        return None
    return Reading(name, values.double().cpu().numpy(), slopes.double().cpu().numpy())
