"""LP-FT: linear probe first, then fine-tuning of the whole network from there.

The probe's head makes the first gradients small, so that they do not distort the features that the source
task gave; then every stage learns, the nearer to the pixels the slower, until the validation loss no longer
falls. Training starts from a probe on the plain features, because the steep root near zero makes large steps; what
it has to beat is the usual probe. If no epoch has a lower loss than that on the validation cases, the probe is what
is given back, and the facts say so.

Source: Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.errors import UsageError
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUROC
from medgraft.transfer.models.logistic import class_weights
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

if TYPE_CHECKING:
    from medgraft.transfer.training.finetuning import FineTuned

__all__ = ["LpFt", "LpFtConfig"]

_TINY = 1e-30
_STATE_VERSION = 2
"""Part of the fingerprint: a change of the training code that old checkpoints should not be carried over
raises it."""


class LpFtConfig(BaseModel):
    """Options of LP-FT."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["lp-ft"] = "lp-ft"
    epochs: Annotated[int, Field(ge=1, le=1000, description="largest number of passes over the training cases")] = 8
    batch_size: Annotated[int, Field(ge=1, le=4096, description="cases a step")] = 16
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate of the head and base of the stages'")] = 2e-4
    layer_decay: Annotated[
        float,
        Field(gt=0, le=1, description="factor on the learning rate from a stage to the one nearer to the pixels"),
    ] = 0.75
    weight_decay: Annotated[float, Field(ge=0, le=1, description="AdamW's, on filters and matrices")] = 0.01
    warmup: Annotated[float, Field(ge=0, le=1, description="share of all steps with a rising learning rate")] = 0.1
    patience: Annotated[
        int, Field(ge=1, description="epochs without a lower validation loss before training stops")
    ] = 3
    clip_norm: Annotated[float, Field(gt=0, description="largest L2 norm of a step's gradient")] = 1.0
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="share of the training target spread over all classes")
    ] = 0.0
    batchnorm: Annotated[
        Literal["frozen", "train"],
        Field(description="frozen: as the source task left it, right for small batches; train: it moves too"),
    ] = "frozen"
    augment: Annotated[bool, Field(description="gentle augmentation, by modality, of the training cases")] = True
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"


@STRATEGIES.register("lp-ft")
class LpFt:
    """The probe's head, then the whole network."""

    name: ClassVar[str] = "lp-ft"
    needs_validation: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True
    Config: ClassVar[type[BaseModel]] = LpFtConfig

    def __init__(self, config: LpFtConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """Fit the probe on the training cases, fine-tune from it, and give back what the validation cases
        prefer.

        Raises ``UsageError`` where there is no validation case (or nothing else), or where training diverges.
        """
        if not material.bags.are_pictures or material.backbone.facts.inflated:
            raise UsageError(
                "lp-ft on volumes: it trains on pictures; use --strategy attention or linear-probe, which read slices"
            )
        if not material.is_val.any() or material.is_val.all():
            raise UsageError(
                f"lp-ft on {len(material.labels)} cases, {int(material.is_val.sum())} of them for "
                "validation: it needs training cases, and validation cases to know when to stop; give a "
                "split with a val part"
            )
        probe, start = (
            LinearProbe(LinearProbeConfig(class_weights=self.config.class_weights, repeats=0, root=root)).fit(material)
            for root in (True, False)
        )
        tuned = self._fine_tune(material, start)
        before = self._validation_loss(probe, material)
        helped = tuned.trained.best_epoch > 0 and tuned.trained.best_loss < before
        return Transferred(
            head=tuned.head if helped else probe.head,
            backbone_state=tuned.backbone_state if helped else None,
            history=tuned.trained.history,
            facts={**_facts(tuned, before, helped), "probe": probe.facts},
        )

    def _validation_loss(self, probe: Transferred, material: Material) -> float:
        """Weighted log-loss of the probe on the validation cases, as training measures its epochs."""
        labels = material.labels[material.is_val]
        chances = probe.head.probabilities(material.features[material.is_val])[np.arange(len(labels)), labels]
        weights = class_weights(labels, material.n_classes, self.config.class_weights)
        return float(np.mean(-np.log(np.maximum(chances, _TINY)) * weights))

    def _fine_tune(self, material: Material, start: Transferred) -> FineTuned:
        """Everything that needs torch, which is imported here and not above: it costs seconds, and a start
        of the command line with another strategy never comes here."""
        from medgraft.transfer.training import finetuning
        from medgraft.transfer.training.checkpoint import Checkpoints
        from medgraft.transfer.training.examples import Examples
        from medgraft.transfer.training.layerwise import Rates
        from medgraft.transfer.training.loop import Cases, Recipe

        config = self.config

        def examples(rows: NDArray[np.int64]) -> Examples:
            labels = material.labels[rows]
            weights = class_weights(labels, material.n_classes, config.class_weights)
            return Examples(rows, labels, weights, material.index[rows], material.pixels)

        train = examples(np.flatnonzero(~material.is_val))
        if config.augment:
            train = replace(train, augment=finetuning.augmentation(material.modality, material.seed))
        val = examples(np.flatnonzero(material.is_val))
        channels = int(material.pixels(train.rows[:1]).shape[1])
        fields = ("epochs", "batch_size", "warmup", "patience", "clip_norm", "label_smoothing")
        recipe = Recipe(seed=material.seed, device=material.device, **config.model_dump(include=set(fields)))
        return finetuning.fine_tune(
            finetuning.Start(material.backbone, channels, start.head, config.batchnorm == "frozen"),
            Cases(train, val, _scores),
            Rates(config.lr, config.layer_decay, config.weight_decay),
            recipe,
            Checkpoints(material.checkpoints / self.name, _fingerprint(config, material, start)),
            material.progress,
        )


def _scores(probability: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float | None]:
    """AUROC of the validation cases (macro over classes), ``None`` where they are of one class."""
    weighted = Predictions.of(labels.astype(np.intp), probability).unweighted()
    value = float(AUROC.overall(weighted, AUROC.compute(weighted))[0])
    return {"val_auroc": value if np.isfinite(value) else None}


def _facts(tuned: FineTuned, before: float, helped: bool) -> dict[str, Any]:
    """What the report tells of the training; ``before`` is the validation loss of the probe."""
    trained = tuned.trained
    epochs = len(trained.history) - 1
    after = trained.best_loss
    if helped:
        text = (
            f"Fine-tuning lowered the validation loss of the probe from {before:.4f} to {after:.4f} "
            f"(epoch {trained.best_epoch} of {epochs})."
        )
    else:
        text = (
            f"Fine-tuning did not help: none of {epochs} epochs had a lower validation loss than the probe "
            f"({before:.4f}), so the probe was kept."
        )
    return {
        "helped": helped,
        "best_epoch": trained.best_epoch,
        "epochs": epochs,
        "stopped_early": trained.stopped_early,
        "probe_val_loss": before,
        "best_val_loss": after,
        "text": text,
        "minutes": sum(float(row["seconds"]) for row in trained.history) / 60,
        **tuned.facts,
    }


def _fingerprint(config: LpFtConfig, material: Material, start: Transferred) -> str:
    """sha256 of all that decides the training's outcome. The pixels are in it by their source features, the
    start by its head; threads and library versions are not, so that a run can go on elsewhere."""
    digest = hashlib.sha256(f"{_STATE_VERSION}|{config.model_dump_json()}|".encode())
    digest.update(f"{material.seed}|{material.modality}|{material.backbone.facts}|".encode())
    for values in (
        material.features,
        material.labels,
        material.is_val,
        material.index,
        start.head.weight,
        start.head.bias,
    ):
        digest.update(f"{values.dtype}{values.shape}|".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
