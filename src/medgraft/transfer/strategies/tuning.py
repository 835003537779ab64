"""What all strategies share that train more than a head: their options, and how a plan becomes a result.

Training starts from a probe on the plain features (the steep root near zero makes large steps), so that its first
gradients do not distort what the source task gave; what it has to beat on the validation cases is the usual probe. If
no epoch does, the probe is what is given back, and the facts say so. Strategies that ask what training is worth
without the probe start from a head of zeros, and give back their best epoch whatever it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.errors import UsageError
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUROC
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.logistic import class_weights
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig, Probe
from medgraft.transfer.strategies.strategy import Material, Transferred
from medgraft.transfer.training.lesson import Lesson
from medgraft.transfer.training.plan import Plan

if TYPE_CHECKING:
    from medgraft.transfer.training.finetuning import FineTuned
    from medgraft.transfer.training.objective import Objective

__all__ = ["BatchNorm", "LayerDecay", "TuningConfig", "auroc_column", "tune"]

_TINY = 1e-30
_STATE_VERSION = 3
"""Part of the fingerprint: a change of the training code that old checkpoints should not be carried over
raises it."""

LayerDecay = Annotated[
    float,
    Field(gt=0, le=1, description="factor on the learning rate from a stage to the one nearer to the pixels"),
]
BatchNorm = Annotated[
    Literal["frozen", "train"],
    Field(description="frozen: as the source task left it, right for small batches; train: it moves too"),
]


class TuningConfig(BaseModel):
    """Options that every strategy has that trains a network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: Annotated[int, Field(ge=1, le=1000, description="largest number of passes over the training cases")] = 8
    batch_size: Annotated[int, Field(ge=1, le=4096, description="cases a step")] = 16
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate of the head and base of the stages'")] = 2e-4
    weight_decay: Annotated[float, Field(ge=0, le=1, description="AdamW's, on filters and matrices")] = 0.01
    warmup: Annotated[float, Field(ge=0, le=1, description="share of all steps with a rising learning rate")] = 0.1
    schedule: Annotated[
        Literal["cosine", "steps"],
        Field(description="of the learning rate after its rise: a cosine to zero, or a tenth at 1/2 and again at 3/4"),
    ] = "cosine"
    keep: Annotated[
        Literal["best", "best-auroc", "last"],
        Field(
            description="weights of the epoch with the lowest validation loss, or, without early stop, of the one with "
            "the highest validation AUROC or of the last"
        ),
    ] = "best"
    patience: Annotated[
        int, Field(ge=1, description="epochs without a lower validation loss before training stops")
    ] = 3
    clip_norm: Annotated[float, Field(gt=0, description="largest L2 norm of a step's gradient")] = 1.0
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="share of the training target spread over all classes")
    ] = 0.0
    augment: Annotated[bool, Field(description="gentle augmentation, by modality, of the training cases")] = True
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    sampling: Annotated[
        Literal["all", "balanced"],
        Field(description="cases of an epoch: each once, or as many draws with all classes equally likely"),
    ] = "all"
    loss: Annotated[
        Literal["cross-entropy", "focal", "logit-adjusted"],
        Field(description="logit-adjusted learns to answer as if all classes were equally frequent"),
    ] = "cross-entropy"
    average: Annotated[
        Literal["none", "ema", "wise-ft"],
        Field(description="of weights: none, their moving average over steps, or the best place from start to end"),
    ] = "none"
    ema_decay: Annotated[float, Field(gt=0, lt=1, description="of the moving average, a step")] = 0.99


def tune(
    name: str,
    config: TuningConfig,
    plan: Plan,
    material: Material,
    *,
    from_probe: bool = True,
    lesson: Lesson | None = None,
) -> Transferred:
    """Train by ``plan``, to the labels or a ``lesson``, and give back what the validation cases prefer.

    Raises ``UsageError`` where there is no validation case (or nothing else), or where training diverges.
    """
    _require_trainable(name, material)
    material = replace(material, ordered=False)  # a network learns grades as classes
    probe = _probe(material, config.class_weights, root=True)
    if from_probe:
        start = _probe(material, config.class_weights, root=False).head
    else:
        shape = (material.n_classes, material.backbone.facts.feature_dim)
        start = LinearHead(np.zeros(shape, np.float32), np.zeros(shape[0], np.float32))
    tuned = _train(_Course(name, config, plan, lesson), material, start)
    before = _validation_loss(probe, material, config.class_weights)
    # A loss under attack is not to be compared with that of the probe on clean pictures.
    must_beat = from_probe and plan.adversary is None
    helped = tuned.trained.best_epoch > 0 and (not must_beat or tuned.trained.best_loss < before)
    text = _robust(tuned) if plan.adversary is not None else _outcome(tuned, before, from_probe, helped)
    return Transferred(
        head=tuned.head if helped or not must_beat else probe.head,
        backbone_state=tuned.backbone_state if helped or not must_beat else None,
        history=tuned.trained.history,
        facts={**_facts(tuned, before, helped), "text": text, "probe": probe.facts},
    )


def _probe(material: Material, rule: Literal["none", "balanced"], *, root: bool) -> Probe:
    return LinearProbe(LinearProbeConfig(class_weights=rule, repeats=0, root=root)).probe(material)


def _require_trainable(name: str, material: Material) -> None:
    if not material.bags.are_pictures or material.backbone.facts.inflated:
        raise UsageError(
            f"{name} on volumes: it trains on pictures; use --strategy attention or linear-probe, which read slices"
        )
    if not material.is_val.any() or material.is_val.all():
        raise UsageError(
            f"{name} on {len(material.labels)} cases, {int(material.is_val.sum())} of them for "
            "validation: it needs training cases, and validation cases to know when to stop; give a "
            "split with a val part"
        )


def _validation_loss(probe: Probe, material: Material, rule: str) -> float:
    """Weighted log-loss of the probe on the validation cases, as training measures its epochs."""
    labels = material.labels[material.is_val]
    answers = probe.head.answers(Bags.single(material.features[material.is_val]))
    weights = class_weights(labels, material.n_classes, rule)
    return float(np.mean(-np.log(np.maximum(answers[np.arange(len(labels)), labels], _TINY)) * weights))


@dataclass(frozen=True)
class _Course:
    """What is done with a material, under the name of its strategy."""

    name: str
    config: TuningConfig
    plan: Plan
    lesson: Lesson | None


def _train(course: _Course, material: Material, start: LinearHead) -> FineTuned:
    """Everything that needs torch, which is imported here and not above: it costs seconds, and a start
    of the command line with another strategy never comes here."""
    from medgraft.transfer.training import finetuning
    from medgraft.transfer.training.adversary import adversary_of
    from medgraft.transfer.training.checkpoint import Checkpoints
    from medgraft.transfer.training.examples import Examples
    from medgraft.transfer.training.exposure import Plain
    from medgraft.transfer.training.pixel_feed import PixelFeed, augmentation
    from medgraft.transfer.training.recipe import Cases, Recipe

    config, plan = course.config, course.plan

    def examples(rows: NDArray[np.int64], feed: PixelFeed) -> Examples:
        labels = material.labels[rows]
        weights = class_weights(labels, material.n_classes, config.class_weights)
        return Examples(rows, labels, weights, material.index[rows], feed)

    augment = augmentation(material.modality, material.seed) if config.augment else None
    train = examples(np.flatnonzero(~material.is_val), PixelFeed(material.pixels, augment))
    if course.lesson is not None:
        train = replace(train, targets=course.lesson.targets(train.rows, train.labels))
    val = examples(np.flatnonzero(material.is_val), PixelFeed(material.pixels))
    channels = int(material.pixels(train.rows[:1]).shape[1])
    fields = {"epochs", "batch_size", "warmup", "patience", "clip_norm", "sampling", "schedule", "keep"}
    recipe = Recipe(
        seed=material.seed,
        device=material.device,
        objective=_objective(course, train.labels, material.n_classes),
        exposure=Plain() if plan.adversary is None else adversary_of(plan.adversary),
        ema=config.ema_decay if config.average == "ema" else 0.0,
        anchor=plan.anchor,
        until=material.until,
        **config.model_dump(include=fields),
    )
    return finetuning.fine_tune(
        finetuning.Start(material.backbone, channels, start),
        plan,
        Cases(train, val, auroc_column),
        recipe,
        Checkpoints(material.checkpoints / course.name, _fingerprint(course, material, start)),
        material.progress,
    )


def _objective(course: _Course, labels: NDArray[np.int64], n_classes: int) -> Objective:
    from medgraft.transfer.training.objective import CrossEntropy, Distilled, Focal, LogitAdjusted

    config = course.config
    if course.lesson is not None:
        return Distilled(course.lesson.temperature, course.lesson.weight)

    if config.loss == "focal":
        return Focal()
    if config.loss == "logit-adjusted":
        counts = np.maximum(np.bincount(labels, minlength=n_classes), 1)
        return LogitAdjusted(np.log(counts / counts.sum()).tolist())
    return CrossEntropy(config.label_smoothing)


def auroc_column(probability: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float | None]:
    """AUROC of the validation cases (macro over classes), ``None`` where they are of one class."""
    weighted = Predictions.of(labels.astype(np.intp), probability).unweighted()
    value = float(AUROC.overall(weighted, AUROC.compute(weighted))[0])
    return {"val_auroc": value if np.isfinite(value) else None}


def _outcome(tuned: FineTuned, before: float, from_probe: bool, helped: bool) -> str:
    """What came of it, in a sentence; ``before`` is the validation loss of the probe."""
    trained = tuned.trained
    epochs, after = len(trained.history) - 1, trained.best_loss
    if not from_probe:
        return (
            f"Training without the probe came to a validation loss of {after:.4f} (epoch {trained.best_epoch} of "
            f"{epochs}); that of the linear probe is {before:.4f}."
        )
    if helped:
        return (
            f"Fine-tuning lowered the validation loss of the probe from {before:.4f} to {after:.4f} "
            f"(epoch {trained.best_epoch} of {epochs})."
        )
    return (
        f"Fine-tuning did not help: none of {epochs} epochs had a lower validation loss than the probe "
        f"({before:.4f}), so the probe was kept."
    )


def _robust(tuned: FineTuned) -> str:
    """The same of a training against attacks, whose validation losses are those under attack."""
    trained = tuned.trained
    start, epochs = float(trained.history[0]["val_loss"]), len(trained.history) - 1
    if trained.best_epoch == 0:
        return f"None of {epochs} epochs had a lower validation loss under attack than the start ({start:.4f})."
    return (
        f"Training against attacks changed the validation loss under attack from {start:.4f} to "
        f"{trained.best_loss:.4f} (epoch {trained.best_epoch} of {epochs})."
    )


def _facts(tuned: FineTuned, before: float, helped: bool) -> dict[str, Any]:
    """What the report tells of the training; ``before`` is the validation loss of the probe."""
    trained = tuned.trained
    return {
        "helped": helped,
        "best_epoch": trained.best_epoch,
        "epochs": len(trained.history) - 1,
        "stopped_early": trained.stopped_early,
        "probe_val_loss": before,
        "best_val_loss": trained.best_loss,
        "minutes": sum(float(row["seconds"]) for row in trained.history) / 60,
        **tuned.facts,
    }


def _fingerprint(course: _Course, material: Material, start: LinearHead) -> str:
    """sha256 of all that decides the training's outcome. The pixels are in it by their source features, the
    start by its head; threads and library versions are not, so that a run can go on elsewhere."""
    digest = hashlib.sha256(f"{_STATE_VERSION}|{course.config.model_dump_json()}|".encode())
    digest.update(f"{material.seed}|{material.modality}|{material.backbone.facts}|".encode())
    arrays: list[NDArray[Any]] = [material.features, material.labels, material.is_val, material.index]
    arrays += [start.weight, start.bias]
    arrays += [] if course.lesson is None else [course.lesson.answers]
    for values in arrays:
        digest.update(f"{values.dtype}{values.shape}|".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
