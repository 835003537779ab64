"""Fine-tuning: a backbone, or a part of it, and its head are trained together, starting from a given head.

Puts the parts together: where the network is cut, what is kept before the cut, what learns after it and how fast, and
the one loop. Whatever learns, the outcome is the same kind of thing: a plain state of the whole backbone and a linear
head.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medgraft.progress import Progress
from medgraft.source.backbones.backbone import Backbone
from medgraft.transfer.models.adapters import attach, merge
from medgraft.transfer.models.classifier import Classifier
from medgraft.transfer.models.cut import Cut, Joined, cut_network
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms, trainable
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.training.average import mixed, recompute_batchnorm
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.judging import judge
from medgraft.transfer.training.layerwise import parameter_groups, stage_rates
from medgraft.transfer.training.loop import Trained, train
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import Plan
from medgraft.transfer.training.prefix_feed import PrefixFeed
from medgraft.transfer.training.recipe import Cases, Recipe
from medgraft.transfer.training.seeding import batches
from medgraft.transfer.training.thawing import Thawing

__all__ = ["FineTuned", "Start", "default_stage", "fine_tune", "plain_state"]

_SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the way from the start to the end that WiSE-FT tries."""


@dataclass(frozen=True)
class Start:
    """The network before the first step."""

    backbone: Backbone
    channels: int
    head: LinearHead


@dataclass(frozen=True)
class FineTuned:
    """The network of the best epoch, as plain arrays; that of epoch 0 is the start itself."""

    trained: Trained
    head: LinearHead
    backbone_state: dict[str, NDArray[Any]]
    facts: dict[str, Any] = field(default_factory=dict)


def default_stage(network: nn.Module, stages: Sequence[tuple[str, Sequence[str]]]) -> str | None:
    """The last stage from which on at least half of the parameters stand; ``None`` where that is the first one."""
    sizes = {name: item.numel() for name, item in network.named_parameters()}
    total, seen = sum(sizes.values()), 0
    for stage, names in reversed(stages):
        seen += sum(sizes[name] for name in names)
        if 2 * seen >= total:
            return None if stage == stages[0][0] else stage
    return None


def fine_tune(
    start: Start, plan: Plan, cases: Cases, recipe: Recipe, checkpoints: Checkpoints, progress: Progress
) -> FineTuned:
    """Train on ``cases.train``, whose feeds give pixels; the epoch with the lowest validation loss is given back.

    Raises ``UsageError`` for a stage that is not there, and what the loop raises.
    """
    bare = start.backbone.build(start.channels)
    bare.requires_grad_(True)
    stages = start.backbone.stages(bare)
    stage = default_stage(bare, stages) if plan.stage == "" else plan.stage
    cut = _cut(bare, stages, stage, cases)
    cached = _cached(cut, plan, cases, recipe, progress)
    trunk = _frozen(bare if cut is None else cut.suffix if cached else Joined(cut), plan)
    network = Classifier(trunk, start.head)
    groups = _groups(bare, stages, network, plan)
    if plan.thaw_every:
        recipe = replace(recipe, thaw=Thawing(trunk, bare, stages, plan.thaw_every))
    with contextlib.closing(cached) if cached is not None else contextlib.nullcontext():
        given = cases if cached is None else _fed(cases, cached)
        first = {name: item.detach().clone() for name, item in network.state_dict().items()} if plan.wise else {}
        trained, facts = train(network, groups, given, recipe, checkpoints, progress), dict[str, Any]()
        if plan.wise and trained.best_epoch:
            facts["wise_share"], loss = _between(network, first, given, recipe)
            trained = replace(trained, best_loss=loss)
    facts |= {
        "parameters_trained": sum(item.numel() for item in trainable(network).values()),
        "parameters_frozen": sum(item.numel() for item in bare.parameters() if not item.requires_grad),
        "from_stage": stage,
        "learning_rates": _told(stages, stage, plan),
    }
    if cached is not None:
        facts["prefix_cache"] = cached.facts()
    merge(bare)
    return FineTuned(trained, network.linear_head(), plain_state(bare), facts)


def _cut(bare: nn.Module, stages: Sequence[tuple[str, Sequence[str]]], stage: str | None, cases: Cases) -> Cut | None:
    """The network cut before ``stage``; ``None`` where all of it learns."""
    if stage is None or stage == stages[0][0]:
        return None
    (pixels,) = cases.train.batch(np.zeros(1, np.int64))
    bare.to(memory_format=torch.channels_last)
    return cut_network(bare, stages, stage, torch.from_numpy(pixels).to(memory_format=torch.channels_last))


def _cached(cut: Cut | None, plan: Plan, cases: Cases, recipe: Recipe, progress: Progress) -> PrefixFeed | None:
    feed = cases.train.feed
    if cut is None or plan.prefix is None or not isinstance(feed, PixelFeed):
        return None
    placement = Placement(recipe.device)
    placement.network(cut.prefix)
    return PrefixFeed(PartlyFrozen(cut.prefix, modules=[""]), feed, plan.prefix, placement, progress)


def _frozen(network: nn.Module, plan: Plan) -> PartlyFrozen:
    """The trunk with everything frozen that the plan does not let learn, and its adapters."""
    prefix = ["prefix"] if isinstance(network, Joined) else []
    statistics = batchnorms(network)
    if plan.learns == "everything":
        return PartlyFrozen(network, modules=prefix + (statistics if plan.batchnorm == "frozen" else []))
    if plan.learns == "bias-and-norm":
        others = [name for name, item in network.named_parameters() if item.ndim > 1 and not name.endswith("bias")]
        return PartlyFrozen(network, modules=prefix, parameters=others, still=statistics)
    frozen = PartlyFrozen(network, modules=[""])
    attach(network.suffix if isinstance(network, Joined) else network, plan.learns)
    return frozen


def _groups(
    bare: nn.Module, stages: Sequence[tuple[str, Sequence[str]]], network: Classifier, plan: Plan
) -> list[dict[str, Any]]:
    """What the optimiser holds: by stage, or adapters as one."""
    if isinstance(plan.learns, str):
        groups = parameter_groups(bare, stages, network.head, plan.rates)
        # What is pulled to where it started is not pulled to zero besides.
        return [{**one, "weight_decay": 0.0} if plan.anchor and one["anchored"] else one for one in groups]
    adapters = list(trainable(network.trunk).values())
    rate = {"lr": plan.rates.lr, "peak_lr": plan.rates.lr}
    group = {"stage": "adapters", "params": adapters, **rate, "weight_decay": plan.rates.weight_decay}
    head = {"stage": "head", "params": list(network.head.parameters()), **rate, "weight_decay": 0.0}
    return [group, head]


def _fed(cases: Cases, feed: PrefixFeed) -> Cases:
    """The cases with another feed."""
    return replace(cases, train=replace(cases.train, feed=feed), val=replace(cases.val, feed=feed))


def _between(network: Classifier, first: dict[str, torch.Tensor], cases: Cases, recipe: Recipe) -> tuple[float, float]:
    """WiSE-FT: leave ``network`` at the share of the way with the lowest validation loss; that share and that loss."""
    last = {name: item.detach().clone() for name, item in network.state_dict().items()}
    placement = Placement(recipe.device)

    def go(share: float) -> float:
        network.load_state_dict(mixed(first, last, share))
        parts = batches(np.arange(len(cases.train)), recipe.batch_size)
        inputs = (tuple(placement.array(item) for item in cases.train.batch(part)) for part in parts)
        recompute_batchnorm(network, inputs)
        return judge(network, cases.val, recipe, placement)[0]

    losses = {share: go(share) for share in _SHARES}
    best = min(losses, key=lambda share: losses[share])
    return best, go(best)


def _told(stages: Sequence[tuple[str, Sequence[str]]], stage: str | None, plan: Plan) -> dict[str, float]:
    """The learning rate of every stage that learns, for the record."""
    names = [name for name, _ in stages]
    rates = dict(zip(names, stage_rates(len(names), plan.rates.lr, plan.rates.decay), strict=True))
    if not isinstance(plan.learns, str):
        return {"adapters": plan.rates.lr, "head": plan.rates.lr}
    learning = names[names.index(stage) :] if stage else names
    return {**{name: rates[name] for name in learning}, "head": plan.rates.lr}


def plain_state(bare: nn.Module) -> dict[str, NDArray[Any]]:
    """The bare backbone's state dict, in numpy: what ``Backbone.build(state=…)`` reads."""
    return {name: item.detach().cpu().contiguous().numpy().copy() for name, item in bare.state_dict().items()}
