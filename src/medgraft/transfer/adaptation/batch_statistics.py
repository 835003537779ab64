"""A network with BatchNorm brought to the target's pictures: by its statistics alone, or by its scales and offsets too.
It may give features, logits of a case, or logits of every pixel.

Freezing is ``PartlyFrozen``'s: nothing but scale and offset of BatchNorm has a gradient, and nothing but BatchNorm is
in training mode, so that dropout and stochastic depth stay off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.adaptation import Pair
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms, trainable
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.root import ROOT_EPSILON
from medgraft.transfer.training.average import mixed, recompute_batchnorm
from medgraft.transfer.training.examples import Feed
from medgraft.transfer.training.finetuning import plain_state
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.seeding import batches, epoch_order, seeded

__all__ = ["Changed", "Given", "entropy_of", "least_entropy", "read_logits", "target_statistics"]


@dataclass(frozen=True)
class Given:
    """``network`` in eval mode where it is used, and ``feed`` of ``count`` target pictures (what it gives first)."""

    network: nn.Module
    feed: Feed
    count: int
    placement: Placement
    seed: int
    until: float | None = None

    @classmethod
    def of(cls, pair: Pair) -> Given:
        """Raises ``UsageError`` where there is no network, or none with BatchNorm."""
        given, placement = pair.seen_network, Placement(pair.device)
        channels = int(given.pixels(np.zeros(1, np.int64)).shape[1])
        network = given.backbone.build(channels, given.state)
        if not batchnorms(network):
            raise UsageError(
                f"adapting the network {given.backbone.facts.name!r}: it has no BatchNorm layers, which this method "
                "changes; use shot or pseudo-labels, which work on features"
            )
        network = placement.network(network).eval()
        return cls(network, PixelFeed(given.pixels), len(pair.target.features), placement, pair.seed, pair.until)

    def inputs(self, rows: NDArray[np.int64]) -> Tensor:
        """Pictures (len(rows), C, S, S) where the network is."""
        return self.placement.array(self.feed(rows, rows, None)[0])

    def all_inputs(self, batch_size: int) -> Iterator[tuple[Tensor]]:
        """All of them, batch by batch."""
        return ((self.inputs(part),) for part in batches(np.arange(self.count), batch_size))

    def features(self, batch_size: int) -> NDArray[np.float32]:
        """(m, d) of all pictures by the network as it stands."""
        self.network.eval()
        with torch.inference_mode(), self.placement.precision():
            parts = [self.network(*inputs).float().cpu().numpy() for inputs in self.all_inputs(batch_size)]
        return np.concatenate(parts)


@dataclass(frozen=True)
class Changed:
    """``state``: the network's state dict, in numpy; the network that was given has it."""

    state: dict[str, NDArray[Any]] = field(repr=False)
    history: list[dict[str, Any]]
    facts: dict[str, Any]


def target_statistics(given: Given, *, batch_size: int, share: float) -> Changed:
    """BatchNorm statistics ``share`` of the way to those of the target."""
    first = {name: item.detach().clone() for name, item in given.network.state_dict().items()}
    recompute_batchnorm(given.network, given.all_inputs(batch_size))
    moved = _moved(first, given.network)
    given.network.load_state_dict(mixed(first, given.network.state_dict(), share))
    layers = len(batchnorms(given.network))
    row = {"layers": layers, "share": share, "moved": moved}
    return Changed(plain_state(given.network), [row], {"layers": layers, "statistics_moved": moved})


def least_entropy(
    given: Given, read: Callable[[Tensor], Tensor], *, batch_size: int, epochs: int, lr: float
) -> Changed:
    """Scale and offset of BatchNorm after Adam on the mean entropy of the logits (N, classes, …) that ``read`` makes of
    what the network gives."""
    network, placement, history = given.network, given.placement, list[dict[str, Any]]()
    recompute_batchnorm(network, given.all_inputs(batch_size))
    learner = _learner(network)
    parameters = list(trainable(learner).values())
    optimiser = torch.optim.Adam(parameters, lr=lr)
    for epoch in range(1, epochs + 1):
        learner.train()
        total, seen = 0.0, 0
        with placement.deterministic():
            for step, part in enumerate(batches(epoch_order(given.seed, epoch, given.count), batch_size)):
                if given.until is not None and time.monotonic() > given.until:
                    break
                with seeded(placement.device, given.seed, epoch, step):
                    with placement.precision():
                        output = learner(given.inputs(part))
                    loss = entropy_of(read(output.float())).mean()
                    value = float(loss.detach())
                    if not np.isfinite(value):
                        raise UsageError(f"tent: the entropy is {value} at step {step}, so it diverged; lower lr")
                    optimiser.zero_grad(set_to_none=True)
                    torch.autograd.backward(loss)
                    optimiser.step()
                total, seen = total + value * len(part), seen + len(part)
        history.append({"epoch": epoch, "entropy": total / max(seen, 1), "cases": seen})
    network.requires_grad_(False)
    recompute_batchnorm(network, given.all_inputs(batch_size))
    facts = {"parameters_trained": sum(item.numel() for item in parameters), "layers": len(batchnorms(network))}
    return Changed(plain_state(network), history, facts)


def read_logits(features: Tensor, head: LinearHead) -> Tensor:
    """(N, classes) logits of ``head`` for ``features`` (N, d), rooted where the head is; they carry gradients."""
    weight, bias = (torch.from_numpy(np.array(item)).to(features.device) for item in (head.weight, head.bias))
    if head.rooted:
        features = features.sign() * ((features.abs() + ROOT_EPSILON).sqrt() - ROOT_EPSILON**0.5)
    return features @ weight.T + bias


def _learner(network: nn.Module) -> PartlyFrozen:
    """Only BatchNorm learns and is ever in training mode."""
    network.requires_grad_(True)
    norms = set(batchnorms(network))
    own = {f"{name}.{part}" if name else part for name in norms for part in ("weight", "bias")}
    others = [name for name, _ in network.named_parameters() if name not in own]
    leaves = [name for name, module in network.named_modules() if name and not list(module.children())]
    return PartlyFrozen(network, parameters=others, still=[name for name in leaves if name not in norms])


def entropy_of(logits: Tensor) -> Tensor:
    """(N, …) in nats, of logits (N, classes, …)."""
    logs = torch.log_softmax(logits, dim=1)
    return -(logs.exp() * logs).sum(dim=1)


def _moved(first: dict[str, Tensor], network: nn.Module) -> float:
    """How far the means went, in deviations of the source, on average over channels."""
    now, gaps = network.state_dict(), list[Tensor]()
    for name in batchnorms(network):
        lead = f"{name}." if name else ""
        gap = (now[f"{lead}running_mean"] - first[f"{lead}running_mean"]).abs()
        gaps.append((gap / (first[f"{lead}running_var"] + 1e-5).sqrt()).cpu())
    return float(torch.cat(gaps).mean())
