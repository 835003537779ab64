"""The bundle of a detector: what predicts, as plain files that are checked before they are used.

``model.safetensors`` (``backbone.*``, ``head.*``), ``model.json`` (backbone, network, plan, settings),
``preprocessing.json``, ``labels.json`` (task ``detection``), ``calibration.json`` (which boxes are suppressed, from
which score on one is called, and where that was chosen) and ``MANIFEST.sha256``. A flipped bit is an
``ArtifactError``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError, UsageError
from medgraft.files import read_json, verify_manifest, write_bytes, write_json, write_manifest
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.detection.decoding import Candidates, Cuts
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.settings import DetectionSettings, DetectorSpec
from medgraft.transfer.detection.trained import TrainedDetector
from medgraft.transfer.tasks.detection import Detection

if TYPE_CHECKING:
    from medgraft.transfer.detection.network import Detector

__all__ = ["DetectorBundle", "is_detector", "read_detector", "write_detector"]

_MARKS = ("model.json", "MANIFEST.sha256")
_BACKBONE, _HEAD = "backbone.", "head."
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class DetectorBundle:
    """Everything that finding boxes needs."""

    trained: TrainedDetector
    settings: DetectionSettings
    preprocessing: Preprocessing
    task: Detection
    cuts: Cuts
    device: str = "cpu"

    @cached_property
    def network(self) -> Detector:
        """Built when it is first asked for."""
        return self.trained.build()

    def candidates(self, pixels: Iterable[Pixels], shapes: Sequence[tuple[int, int]]) -> Iterator[Candidates]:
        """Of pictures (C, S, S) in [0, 1], prepared as the bundle says, whose files have ``shapes`` (rows, columns):
        every box that has a score, in the pixels of the files, half-open."""
        from medgraft.transfer.detection.looking import candidates_of  # torch: to look, not to read a bundle

        given = iter(pixels)
        frames = [self.trained.plan.frame(*shape) for shape in shapes]

        def batch(rows: NDArray[np.int64]) -> Pixels:
            return np.stack([next(given) for _ in rows])

        return candidates_of(self.network, batch, frames, self.device)


def write_detector(folder: Path, bundle: DetectorBundle) -> None:
    """Write all files beside their place and move them there in one step; an older bundle gives way."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    trained = bundle.trained
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as temporary:
        fresh = Path(temporary) / "bundle"
        fresh.mkdir()
        tensors = {_BACKBONE + name: np.asarray(value, order="C") for name, value in trained.state.items()}
        tensors |= {_HEAD + name: np.asarray(value, order="C") for name, value in trained.head.items()}
        write_bytes(fresh / "model.safetensors", save(tensors))
        content = {
            "backbone": asdict(trained.backbone),
            "channels": trained.channels,
            "detector": asdict(trained.spec),
            "plan": trained.plan.model_dump(mode="json"),
            "settings": bundle.settings.model_dump(mode="json"),
            "strategy": {"kind": bundle.settings.strategy},
            "frozen": bundle.settings.strategy == "linear-probe",
            "engine": {"name": "torch"},
            "head": {
                "kind": trained.spec.architecture,
                "features": trained.spec.width,
                "classes": trained.spec.classes,
            },
        }
        write_json(fresh / "model.json", content)
        write_json(fresh / "preprocessing.json", bundle.preprocessing.model_dump(mode="json"))
        task = bundle.task
        write_json(fresh / "labels.json", {"labels": list(task.labels), "positive": None, "task": task.kind})
        write_json(fresh / "calibration.json", {"kind": "none", **bundle.cuts.to_json()})
        write_manifest(fresh)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.replace(folder)


def is_detector(folder: Path) -> bool:
    """Whether a bundle's folder says that it is a detector's; ``False`` for what cannot be read."""
    try:
        return read_json(folder / "labels.json").get("task") == "detection"
    except ArtifactError:
        return False


def read_detector(folder: Path, device: str = "cpu") -> DetectorBundle:
    """Verify and read a bundle. Raises ``ArtifactError`` for one that is missing, damaged or foreign."""
    if not folder.exists():
        raise ArtifactError(f"reading the bundle {folder}: it is not there; give a run folder that `fit` finished")
    if not any((folder / name).exists() for name in _MARKS):
        raise ArtifactError(
            f"reading the bundle {folder}: it holds neither of {', '.join(_MARKS)}, so it is no run and no bundle; "
            "give the run folder that `fit` wrote"
        )
    verify_manifest(folder)
    model, labels, cuts = (_plain(folder / name) for name in ("model.json", "labels.json", "calibration.json"))
    if labels.get("task") != "detection":
        raise ArtifactError(f"reading the bundle {folder}: it is one of {labels.get('task')}, not of detection")
    try:
        tensors = load((folder / "model.safetensors").read_bytes())
        trained = TrainedDetector(
            backbone=BackboneFacts.restore(model["backbone"]),
            channels=model["channels"],
            spec=DetectorSpec(**model["detector"]),
            plan=DetectionPlan(**model["plan"]),
            state=_part(tensors, _BACKBONE),
            head=_part(tensors, _HEAD),
        )
        bundle = DetectorBundle(
            trained,
            DetectionSettings(**model["settings"]),
            Preprocessing(**_plain(folder / "preprocessing.json")),
            Detection(tuple(labels["labels"])),
            Cuts.of(cuts),
            device,
        )
    except (AttributeError, KeyError, TypeError, ValueError, SafetensorError, OSError, UsageError) as error:
        raise ArtifactError(
            f"reading the bundle {folder}: it does not fit this medgraft ({error}); fit again"
        ) from error
    _check_agreement(folder, bundle)
    return bundle


def _plain(path: Path) -> dict[str, Any]:
    return {key: value for key, value in read_json(path).items() if key != "format_version"}


def _part(tensors: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """The tensors whose name starts with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _check_agreement(folder: Path, bundle: DetectorBundle) -> None:
    """Parts that are whole one by one may still be of two bundles; then boxes would get wrong names or places."""
    trained, prepared = bundle.trained, bundle.preprocessing
    wanted = (len(bundle.task.labels), trained.plan.size, trained.plan.fit, trained.channels)
    got = (trained.spec.classes, prepared.size, prepared.fit, prepared.channels)
    if wanted != got:
        raise ArtifactError(
            f"reading the bundle {folder}: its files do not belong together (labels, size, fit and channels are "
            f"{wanted} by one and {got} by another); fit again"
        )
