"""Source tasks put through the one loop. Imports torch, hence reached only when something is trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.pretraining.embedder import PairEmbedder
from medgraft.transfer.pretraining.pretext import Given, Made, PretextConfig
from medgraft.transfer.pretraining.redundancy import Redundancy
from medgraft.transfer.pretraining.views import ThreeChannels, TwoViews, gentle, strong
from medgraft.transfer.strategies.tuning import auroc_column
from medgraft.transfer.training.average import recompute_batchnorm
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples, Feed
from medgraft.transfer.training.finetuning import Start, fine_tune, plain_state
from medgraft.transfer.training.judging import judge
from medgraft.transfer.training.layerwise import parameter_groups
from medgraft.transfer.training.loop import train
from medgraft.transfer.training.objective import CrossEntropy, Objective
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import Plan, Rates
from medgraft.transfer.training.recipe import Cases, Recipe
from medgraft.transfer.training.seeding import batches

__all__ = ["COLLAPSED", "learn_classes", "learn_views"]

COLLAPSED = 0.1
"""Standard deviation of the embeddings (VICReg asks for 1) below which they are all but alike."""


def learn_classes(
    config: PretextConfig, given: Given, *, patience: int, label_smoothing: float, ema_decay: float, augment: bool
) -> Made:
    """The whole network and a head that starts at zero, by ``fine_tune``; the epoch that is judged best is kept."""
    shape = (given.n_classes, given.backbone.facts.feature_dim)
    head = LinearHead(np.zeros(shape, np.float32), np.zeros(shape[0], np.float32))
    drawn = gentle(given.modality, given.seed) if augment else None
    plain = ThreeChannels(PixelFeed(given.pixels))
    cases = _cases(given, ThreeChannels(PixelFeed(given.pixels, drawn)), plain, auroc_column)
    recipe = replace(_recipe(config, given, CrossEntropy(label_smoothing)), patience=patience, ema=ema_decay)
    plan = Plan(_rates(config, given), batchnorm="train")
    tuned = fine_tune(Start(given.backbone, 3, head), plan, cases, recipe, _checkpoints(given), given.progress)
    best = tuned.trained.history[tuned.trained.best_epoch]
    facts = {"val_loss": best["val_loss"], "val_auroc": best["val_auroc"]}
    return Made(tuned.backbone_state, tuned.trained.history, tuned.trained.best_epoch, facts)


def learn_views(config: PretextConfig, given: Given, *, terms: tuple[float, float, float], projection: int) -> Made:
    """The whole network and a projector; the last epoch is kept, as a lower loss is not yet a better feature. ``terms``
    are the weights of VICReg's three (see ``Redundancy``).

    BatchNorm statistics are computed anew over the plain pictures at the end, what features are read from later;
    whether the embeddings have collapsed is told of that network.
    """
    bare = given.backbone.build(3)
    bare.requires_grad_(True)
    network = PairEmbedder(bare, given.backbone.facts.feature_dim, projection, given.seed)
    feed = ThreeChannels(TwoViews(given.pixels, strong(given.modality, given.seed)))
    recipe = replace(_recipe(config, given, Redundancy(*terms)), keep="last")
    groups = parameter_groups(bare, given.backbone.stages(bare), network.projector, _rates(config, given))
    cases = _cases(given, feed, feed, _told_of_views)
    trained = train(network, groups, cases, recipe, _checkpoints(given), given.progress)
    placement = Placement(given.device)
    recompute_batchnorm(network, _halves(given, cases.train.rows, config.batch_size, placement))
    loss, embeddings = judge(network, cases.val, recipe, placement)
    spread = _told_of_views(embeddings, cases.val.labels)["val_std"] or 0.0
    if spread < COLLAPSED:
        given.progress.notice(
            f"the embeddings have collapsed: their standard deviation is {spread:.3f}, where 1 is asked for, so these "
            "weights may tell pictures apart badly; lower --lr, raise --batch-size, or raise pretext.variance"
        )
    facts = {"val_loss": loss, "val_std": spread}
    return Made(plain_state(bare), trained.history, trained.best_epoch, facts)


def _halves(
    given: Given, rows: NDArray[np.int64], batch_size: int, placement: Placement
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Plain pictures, each batch as two halves in place of two views."""
    feed = ThreeChannels(PixelFeed(given.pixels))
    for part in batches(rows, batch_size):
        half = len(part) // 2
        first, second = (feed(some, some, None)[0] for some in (part[:half], part[half : 2 * half]))
        yield placement.array(first), placement.array(second)


def _rates(config: PretextConfig, given: Given) -> Rates:
    return Rates(config.rate(from_random=given.from_random), 1.0, config.weight_decay)


def _checkpoints(given: Given) -> Checkpoints:
    return Checkpoints(given.checkpoints, given.fingerprint)


def _recipe(config: PretextConfig, given: Given, objective: Objective) -> Recipe:
    return Recipe(
        epochs=config.epochs,
        batch_size=config.batch_size,
        warmup=config.warmup,
        patience=config.epochs,
        clip_norm=config.clip_norm,
        seed=given.seed,
        device=given.device,
        objective=objective,
        until=given.until,
    )


def _cases(given: Given, train_feed: Feed, val_feed: Feed, score: Any) -> Cases:
    def examples(rows: NDArray[np.int64], feed: Feed) -> Examples:
        return Examples(rows, given.labels[rows], np.ones(len(rows)), rows, feed)

    learnt, judged = np.flatnonzero(~given.is_val), np.flatnonzero(given.is_val)
    return Cases(examples(learnt, train_feed), examples(judged, val_feed), score)


def _told_of_views(embeddings: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float | None]:
    """Mean standard deviation of the dimensions over the held-out pictures' first views: 0 is a collapse."""
    return {"val_std": float(torch.from_numpy(embeddings[:, 0]).std(dim=0).mean())}
