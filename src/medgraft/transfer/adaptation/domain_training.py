"""The one loop of the deep methods: a bottleneck and a classifier on standardised features, AdamW, warm-up and cosine.

Every step draws cases of both sides from (seed, step), and minimises the log-loss at the source, that of the labelled
target cases, and the weighted pull of the method. Nothing is chosen on labels of the target. Columns are standardised
by both sides, each of them counting half, so that no column of the target is far out of range.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.adaptation import Adapted, Pair
from medgraft.transfer.adaptation.collapse import collapse_reason
from medgraft.transfer.adaptation.few_labels import known_labels, label_weight
from medgraft.transfer.adaptation.losses.loss import DomainLoss, Layout, Seen
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.models.heads.mlp import MlpHead
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.schedule import SCHEDULES
from medgraft.transfer.training.seeding import seeded

__all__ = ["Bottleneck", "Course", "train_across"]

_STREAM = 2
_TOLD = 20
"""Rows of the history."""
_FLAT = 1e-6


class Bottleneck(nn.Module):
    """Standardised features (N, d) → features (N, h); ``classify`` them → logits (N, classes)."""

    def __init__(self, width: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.hidden, self.classifier = nn.Linear(width, hidden), nn.Linear(hidden, classes)

    def forward(self, rows: Tensor) -> Tensor:
        """Features (N, h), from 0 on."""
        return torch.relu(self.hidden(rows))

    def classify(self, features: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.classifier(features)
        return logits


@dataclass(frozen=True)
class Course:
    """How it is trained: ``hidden`` units; ``steps`` of ``batch_size`` cases of each side; AdamW's peak ``lr`` and
    ``weight_decay`` of matrices; ``warmup``, share of the steps; ``weight`` of the pull beside the log-loss; ``root``:
    the features' signed root is read; ``target_weight``: see ``label_weight``."""

    hidden: int
    steps: int
    batch_size: int
    lr: float
    weight_decay: float
    warmup: float
    weight: float
    root: bool
    target_weight: float


@dataclass(frozen=True)
class _Sides:
    """What is drawn from, on the device."""

    source: Tensor
    target: Tensor
    labels: Tensor
    sites: Tensor
    known: Tensor
    known_labels: Tensor
    known_share: float


def train_across(
    make: Callable[[Layout], DomainLoss], course: Course, pair: Pair, sites: NDArray[np.str_] | None = None
) -> Adapted:
    """Train with the loss that ``make`` gives; the source is one site, or those that ``sites`` (n,) names. Raises
    ``UsageError`` where it diverges."""
    placement = Placement(pair.device)
    mean, scale = _standard(pair, course)
    sides = _sides(pair, course, (mean, scale), placement)
    if sites is not None:
        numbers = np.unique(sites, return_inverse=True)[1]
        sides = replace(sides, sites=placement.vector(numbers.astype(np.int64)))
    layout = Layout(course.hidden, pair.n_classes, int(sides.sites.max()) + 1)
    with seeded(placement.device, pair.seed, 0, 0):
        network = Bottleneck(len(mean), course.hidden, pair.n_classes).to(placement.device)
        pull = make(layout).to(placement.device)
    with placement.deterministic():
        history, steps = _learn(network, pull, sides, course, pair)
    state = {key: item.detach().cpu().numpy().copy() for key, item in network.state_dict().items()}
    parts = (state["hidden.weight"], state["hidden.bias"], state["classifier.weight"], state["classifier.bias"])
    head = MlpHead(mean, scale, *parts, course.root)
    facts = {"steps": steps, "target_labels": len(pair.target.known), "weight": course.weight}
    done = Adapted.on_features(head, pair, history=history, facts=facts)
    reason = collapse_reason(pair.before, done.probability, pair.source_prior)
    features = pair.seen_source.features, pair.target.features
    return Adapted(
        head,
        done.probability,
        None,
        history,
        facts,
        reason,
        moved=lambda: Moved("own space", *(head.units(rows) for rows in features)),
    )


def _rows(features: NDArray[np.float32], root: bool) -> NDArray[np.float64]:
    return np.asarray(signed_root(features) if root else features, np.float64)


def _standard(pair: Pair, course: Course) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation (d,) of a mixture of both sides, half and half; infinite where nothing varies."""
    means, squares = list[NDArray[np.float64]](), list[NDArray[np.float64]]()
    for features in (pair.seen_source.features, pair.target.features):
        rows = _rows(features, course.root)
        means.append(rows.mean(axis=0))
        squares.append(rows.var(axis=0))
    mean = (means[0] + means[1]) / 2
    scale = np.sqrt((squares[0] + squares[1]) / 2 + np.square(means[0] - means[1]) / 4)
    return mean, np.where(scale > _FLAT * np.maximum(1.0, np.abs(mean)), scale, np.inf)


def _sides(
    pair: Pair, course: Course, standard: tuple[NDArray[np.float64], NDArray[np.float64]], placement: Placement
) -> _Sides:
    source, known = pair.seen_source, pair.target.known
    rows = [(_rows(item, course.root) - standard[0]) / standard[1] for item in (source.features, pair.target.features)]
    one, other = (placement.array(item.astype(np.float32)) for item in rows)
    weight = label_weight(len(source.labels), len(known), course.target_weight)
    return _Sides(
        one,
        other,
        placement.vector(source.labels.astype(np.int64)),
        torch.zeros(len(source.labels), dtype=torch.int64, device=placement.device),
        other[placement.vector(known)],
        placement.vector(known_labels(pair.target).astype(np.int64)),
        weight * len(known) / len(source.labels),
    )


def _learn(
    network: Bottleneck, pull: DomainLoss, sides: _Sides, course: Course, pair: Pair
) -> tuple[list[dict[str, Any]], int]:
    """Train in place; what is told of it, and how many steps there was time for."""
    parameters = [*network.parameters(), *pull.parameters()]
    groups = [
        {"params": [item for item in parameters if item.ndim > 1], "weight_decay": course.weight_decay},
        {"params": [item for item in parameters if item.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=course.lr)
    history, warmup = list[dict[str, Any]](), round(course.warmup * course.steps)
    every = max(1, course.steps // _TOLD)
    for step in range(course.steps):
        if pair.until is not None and time.monotonic() > pair.until:
            return history, step
        for group in optimiser.param_groups:
            group["lr"] = course.lr * SCHEDULES["cosine"](step, steps=course.steps, warmup=warmup)
        drawn = np.random.default_rng((_STREAM, pair.seed, step))
        with seeded(sides.source.device, pair.seed, 1, step):
            told, pulled = _losses(network, pull, sides, (drawn, course.batch_size), step / course.steps)
            total = told + course.weight * pulled
            if not torch.isfinite(total):
                raise UsageError(
                    f"adapting: the loss is {float(total.detach())} at step {step}, so the training diverged; lower lr "
                    "or weight"
                )
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(total)
        optimiser.step()
        if step % every == 0 or step == course.steps - 1:
            history.append({"step": step, "log_loss": float(told.detach()), "pull": float(pulled.detach())})
    return history, course.steps


def _losses(
    network: Bottleneck, pull: DomainLoss, sides: _Sides, draw: tuple[np.random.Generator, int], progress: float
) -> tuple[Tensor, Tensor]:
    """The log-loss of labelled cases and the pull, on cases that are drawn."""
    one, other = (_drawn(draw, len(rows), rows.device) for rows in (sides.source, sides.target))
    source, target, labels = network(sides.source[one]), network(sides.target[other]), sides.labels[one]
    logits = network.classify(source)
    told = F.cross_entropy(logits, labels)
    if sides.known_share > 0:
        few = _drawn(draw, len(sides.known), sides.known.device)
        answers = network.classify(network(sides.known[few]))
        told = told + sides.known_share * F.cross_entropy(answers, sides.known_labels[few])
    seen = Seen(source, target, logits, network.classify(target), labels, sides.sites[one], progress, network.classify)
    pulled: Tensor = pull(seen)
    return told, pulled


def _drawn(draw: tuple[np.random.Generator, int], count: int, device: torch.device) -> Tensor:
    """Rows of a batch, or all of fewer."""
    generator, size = draw
    return torch.from_numpy(generator.permutation(count)[:size]).to(device)
