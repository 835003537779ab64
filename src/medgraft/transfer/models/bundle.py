"""The bundle: the part of a run that predicts, as plain files that are checked before they are used.

``model.safetensors`` (``backbone.*``, ``head.*``, ``gate.*``), ``model.json`` (what the network is),
``preprocessing.json``, ``labels.json``, ``calibration.json`` (what the probabilities mean, what is not answered) and
``MANIFEST.sha256`` over all of them. No picture, no row of a patient. A flipped bit anywhere is an ``ArtifactError``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError, DataError, UsageError
from medgraft.files import read_json, verify_manifest, write_bytes, write_json, write_manifest
from medgraft.measure.ood.gate import Gate
from medgraft.measure.threshold import predicted_class
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.models.heads.catalogue import HEADS
from medgraft.transfer.models.heads.head import Head
from medgraft.transfer.tasks.catalogue import task_of
from medgraft.transfer.tasks.task import Task

__all__ = ["Bundle", "read_bundle", "write_bundle"]

_MARKS = ("model.json", "MANIFEST.sha256")
_BACKBONE, _HEAD, _GATE = "backbone.", "head.", "gate."

_OUTLINING = {"segmentation": "predict, evaluate, adapt, report, track or contour", "detection": "predict or report"}
"""Tasks with bundles of their own, and the verbs that read these."""


@dataclass(frozen=True)
class Bundle:
    """Everything that prediction needs. ``checksum`` names the backbone's weights in caches. ``gate``: judges features
    of this very backbone; ``None`` where too few patients were there to set it up."""

    backbone: BackboneFacts
    checksum: str
    state: Mapping[str, NDArray[Any]]
    head: Head
    preprocessing: Preprocessing
    task: Task
    calibration: Calibration
    strategy: Mapping[str, Any]
    engine: str
    frozen: bool
    gate: Gate | None = None

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """Probabilities of cases (n, classes), mended: those that thresholds and sets are about."""
        return self.mended(self.head.answers(bags))

    def mended(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the head says (n, classes), by the calibrator that was chosen."""
        return self.calibration.mended(probability, self.task.labels if self.task.kind == "multi-label" else ())

    def called(self, probability: NDArray[np.float64]) -> NDArray[np.int64]:
        """What is called at the chosen cuts: (n,) indices of classes, or (n, labels) of 1 and 0."""
        task, calibration = self.task, self.calibration
        if task.kind == "multi-label":
            cuts = [calibration.per_label.get(label, calibration).threshold for label in task.labels]
            pairs = np.stack([1 - probability, probability], axis=-1)
            each = [predicted_class(pairs[:, column], cut, 1) for column, cut in enumerate(cuts)]
            return np.stack(each, axis=1).astype(np.int64)
        return predicted_class(probability, calibration.threshold, task.positive_index).astype(np.int64)


def write_bundle(folder: Path, bundle: Bundle, *, gallery: bool = False) -> None:
    """Write all files beside their place and move them there in one step; an older bundle gives way.

    ``gallery``: rows of training cases may be in it. Raises ``UsageError`` where they are and may not.
    """
    holders = {"head": bundle.head.gallery, "gate": bundle.gate is not None and bundle.gate.gallery}
    holding = [name for name, holds in holders.items() if holds]
    if holding and not gallery:
        raise UsageError(
            f"writing the bundle: its {' and '.join(holding)} holds rows of training cases, which a bundle does not; "
            "ask for it with --with-gallery"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as temporary:
        fresh = Path(temporary) / "bundle"
        fresh.mkdir()
        tensors = {_BACKBONE + name: np.asarray(value, order="C") for name, value in bundle.state.items()}
        tensors |= {_HEAD + name: np.asarray(value, order="C") for name, value in bundle.head.tensors().items()}
        gate = None
        if bundle.gate is not None:
            gate = bundle.gate.facts()
            tensors |= {_GATE + name: np.asarray(value, order="C") for name, value in bundle.gate.tensors().items()}
        classes, features = bundle.head.shape
        write_bytes(fresh / "model.safetensors", save(tensors))
        write_json(
            fresh / "model.json",
            {
                "backbone": asdict(bundle.backbone),
                "checksum": bundle.checksum,
                "channels": bundle.preprocessing.channels,
                "strategy": dict(bundle.strategy),
                "frozen": bundle.frozen,
                "engine": {"name": bundle.engine},
                "head": {
                    "kind": bundle.head.kind,
                    "features": features,
                    "classes": classes,
                    **bundle.head.facts(),
                },
            },
        )
        write_json(fresh / "preprocessing.json", bundle.preprocessing.model_dump(mode="json"))
        task = bundle.task
        write_json(fresh / "labels.json", {"labels": list(task.labels), "positive": task.positive, "task": task.kind})
        write_json(fresh / "calibration.json", bundle.calibration.to_json() | ({"gate": gate} if gate else {}))
        write_manifest(fresh)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.replace(folder)


def read_bundle(folder: Path) -> Bundle:
    """Verify and read a bundle. Raises ``ArtifactError`` for one that is missing, damaged or foreign."""
    if not folder.exists():
        raise ArtifactError(f"reading the bundle {folder}: it is not there; give a run folder that `fit` finished")
    if not any((folder / name).exists() for name in _MARKS):
        raise ArtifactError(
            f"reading the bundle {folder}: it holds neither of {', '.join(_MARKS)}, so it is no run and no bundle; "
            "give the run folder that `fit` wrote"
        )
    verify_manifest(folder)
    model = read_json(folder / "model.json")
    labels, calibration = read_json(folder / "labels.json"), read_json(folder / "calibration.json")
    if labels.get("task") in _OUTLINING:
        raise UsageError(
            f"reading {folder}: its task is {labels['task']}, and what was asked is for models that give a case one "
            f"label or several; with this one use {_OUTLINING[labels['task']]}"
        )
    preprocessing = {k: v for k, v in read_json(folder / "preprocessing.json").items() if k != "format_version"}
    try:
        tensors = load((folder / "model.safetensors").read_bytes())
        bundle = Bundle(
            backbone=BackboneFacts.restore(model["backbone"]),
            checksum=model["checksum"],
            state=_part(tensors, _BACKBONE),
            head=HEADS.get(model["head"]["kind"]).restore(_part(tensors, _HEAD), model["head"]),
            preprocessing=Preprocessing(**preprocessing),
            task=task_of(labels["task"], labels["labels"], labels["positive"]),
            calibration=Calibration.of(calibration),
            strategy=model["strategy"],
            engine=model["engine"]["name"],
            frozen=model["frozen"],
            gate=Gate.restore(_part(tensors, _GATE), calibration["gate"]) if calibration.get("gate") else None,
        )
    except (AttributeError, KeyError, TypeError, ValidationError, SafetensorError, OSError, UsageError) as error:
        raise ArtifactError(
            f"reading the bundle {folder}: it does not fit this medgraft ({error}); fit again"
        ) from error
    _check_agreement(folder, bundle)
    return bundle


def _part(tensors: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """The tensors whose name starts with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _check_agreement(folder: Path, bundle: Bundle) -> None:
    """Parts that are whole one by one may still be of two bundles; then answers would get wrong names."""
    labels, positive = bundle.task.labels, bundle.task.positive
    wanted = (len(labels), bundle.backbone.feature_dim)
    problem = ""
    if bundle.head.shape != wanted:
        problem = f"its head is {bundle.head.shape}, its labels and its backbone ask for {wanted}"
    elif positive is not None and positive not in labels:
        problem = f"its positive class {positive!r} is none of its labels"
    else:
        problem = _trust_problem(bundle)
    if problem:
        raise ArtifactError(f"reading the bundle {folder}: its files do not belong together ({problem}); fit again")


def _trust_problem(bundle: Bundle) -> str:
    """Calibrator, sets and gate are asked once: they take what this head says and this backbone sees, or raise."""
    labels = len(bundle.task.labels)
    try:
        mended = bundle.mended(np.full((1, labels), 0.5 if bundle.task.kind == "multi-label" else 1 / labels))
        bundle.calibration.members(mended)
        if bundle.gate is not None:
            bundle.gate.strangeness(np.zeros((1, bundle.backbone.feature_dim)))
    except (UsageError, DataError) as error:
        return str(error)
    return ""
