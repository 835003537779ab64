"""A bundle as a network with a gradient: pixels to log-odds, by the bundle's own weights and head, in eager PyTorch.

It answers as the bundle does (tested), whether the backbone was frozen, fine-tuned, adapted or trained behind a cached
prefix: a bundle holds the whole network as it stands. Parameters take no part in a gradient. Where the network is
looked into, a stage's output is copied before it goes on, so that activations in place change no map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.insight.explanation.explainer import Reading
from medgraft.insight.explanation.log_odds import has_gradient, log_odds
from medgraft.insight.explanation.places import gridded, prefix_tokens
from medgraft.insight.explanation.stage_reading import map_reading, statistics_reading
from medgraft.source.backbones.backbone import Backbone
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import statistics, tapped
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
        traces = [part.traced(batch) for part in self.parts]
        odds = log_odds(self.head, torch.cat([item for trace in traces for item in trace.features()], dim=1))
        leaves = [leaf for trace in traces for leaf in trace.leaves()]
        slopes = dict(zip(map(id, leaves), torch.autograd.grad(odds[0, target], leaves, allow_unused=True), strict=True))
        readings = [
            reading
            for part, trace in zip(self.parts, traces, strict=True)
            for reading in part.readings(trace, slopes)
        ]
        if not readings:
            raise UsageError(
                f"looking into {self.parts[0].name}: none of its stages is a map of the picture; use occlusion or "
                "integrated-gradients"
            )
        return readings

    def _batches(self, pixels: NDArray[np.float32]) -> list[Tensor]:
        whole = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).to(self._device)
        return [part.clone() for part in whole.split(_BATCH)]


@dataclass(frozen=True)
class _Trace:
    """One picture through one network: ``pooled`` (1, d), which depends on ``last``, the output of its last map, and on
    nothing before it; ``stages``, what the others gave, by name, and ``read``, their statistics, each a leaf."""

    pooled: Tensor
    last: Tensor | None
    stages: Mapping[str, Tensor]
    read: Mapping[str, Tensor]

    def features(self) -> list[Tensor]:
        """In the order of the network."""
        return [self.pooled, *self.read.values()]

    def leaves(self) -> list[Tensor]:
        """What a gradient is taken by."""
        return [*([] if self.last is None else [self.last]), *self.read.values()]


class _Part:
    """One backbone network. ``candidates``: modules that may be its last map."""

    def __init__(self, name: str, network: BackboneNetwork, candidates: Sequence[str]) -> None:
        self.name, self.network, self._candidates = name, network, candidates
        self._prefix = prefix_tokens(network.body)
        self._last: dict[tuple[int, ...], str | None] = {}

    @classmethod
    def built(cls, job: Job, device: torch.device) -> _Part:
        """From its weights, frozen."""
        network = job.backbone.build(job.channels, job.state)
        if not isinstance(network, BackboneNetwork):
            raise UsageError(f"explaining {job.backbone.facts.name}: it is no network that can be looked into")
        network = network.to(device).eval().requires_grad_(False)
        return cls(job.backbone.facts.name, network, _candidates(job.backbone, network))

    def traced(self, pixels: Tensor) -> _Trace:
        """See ``_Trace``; for one picture."""
        network, leaves = self.network, list[Tensor]()
        last = self._last_map(pixels)
        names = [name for name, _ in network.readout]

        def begin(module: nn.Module, given: Any, output: Tensor) -> Tensor:
            leaves.append(output.detach().requires_grad_())
            return leaves[-1].clone()  # what changes it in place changes the copy

        hook = network.body.get_submodule(last).register_forward_hook(begin) if last is not None else None
        try:
            with torch.enable_grad(), tapped(network.body, names) as outputs:
                pooled: Tensor = network.body(network.prepare(pixels))
        finally:
            if hook is not None:
                hook.remove()
        stages = {name: outputs[name].detach() for name in names}
        read = {
            name: statistics(stages[name].float(), channels).requires_grad_() for name, channels in network.readout
        }
        return _Trace(pooled.flatten(1).float(), leaves[-1] if leaves else None, stages, read)

    def readings(self, trace: _Trace, slopes: Mapping[int, Tensor | None]) -> list[Reading]:
        """On grids; ``slopes`` of the trace's leaves, by ``id``."""
        found = list[Reading | None]()
        if trace.last is not None and (slope := slopes[id(trace.last)]) is not None:
            last = next(iter(self._last.values()))
            found.append(map_reading(str(last), trace.last.detach(), slope, self._prefix))
        for name, output in trace.stages.items():
            slope = slopes[id(trace.read[name])]
            if slope is not None:
                found.append(statistics_reading(name, output, slope[0], self._prefix))
        return [reading for reading in found if reading is not None]

    def _last_map(self, pixels: Tensor) -> str | None:
        """The last module whose places the pooled output listens to. Behind a class token that is not the last block:
        its places no longer count there."""
        shape = tuple(pixels.shape[1:])
        if shape not in self._last:
            self._last[shape] = self._found_last(pixels)
        return self._last[shape]

    def _found_last(self, pixels: Tensor) -> str | None:
        body, given = self.network.body, pixels.detach().clone().requires_grad_()
        with torch.enable_grad(), tapped(body, self._candidates) as outputs:
            pooled: Tensor = body(self.network.prepare(given)).flatten(1)
            # Any direction will do but a constant one, which a layer norm takes to zero.
            probe = (pooled * torch.arange(pooled.shape[1], device=pooled.device).mul(1.7).cos()).sum()
        maps = {name: item for name, item in outputs.items() if gridded(item, self._prefix) is not None}
        slopes = torch.autograd.grad(probe, list(maps.values()), allow_unused=True) if maps else ()
        heard = [
            name
            for name, slope in zip(maps, slopes, strict=True)
            if slope is not None and (grid := gridded(slope, self._prefix)) is not None and bool((grid != 0).any())
        ]
        return heard[-1] if heard else None


def _candidates(backbone: Backbone, network: BackboneNetwork) -> list[str]:
    """The named stages of the body and its direct children, each a module."""
    known: Mapping[str, nn.Module] = dict(network.body.named_modules())
    names = [name for name, _ in backbone.stages(network)] + [name for name, _ in network.body.named_children()]
    return [name for name in dict.fromkeys(names) if name in known]
