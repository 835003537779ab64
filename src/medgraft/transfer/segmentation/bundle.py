"""A segmentation as files that can be handed on: weights, plan, preprocessing, structures, nothing of a patient.

    model.safetensors   every tensor of the network
    model.json          {"kind": "segmentation", "spec", "plan", "backbone" (facts or null), "settings", "strategy"}
    preprocessing.json  how intensities become [0, 1]
    labels.json         {"labels", "positive": null, "task": "segmentation"}
    calibration.json    {"measurement_error": {structure: …}} from validation
    MANIFEST.sha256     of all of these

Written as a whole or not at all; read only where every file is as it was written.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError, WeightsError
from medgraft.files import read_json, verify_manifest, write_bytes, write_json, write_manifest
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.loading import load_strictly
from medgraft.source.backbones.resolve import backbone_from_facts
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
from medgraft.transfer.segmentation.outliner import Outliner
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.transfer.tasks.segmentation import Segmentation

__all__ = ["OutlineBundle", "read_outline_bundle", "write_outline_bundle"]


@dataclass(frozen=True)
class OutlineBundle:
    """What ``model.json`` and its neighbours say, and the network. ``measurement_error``: of each structure what the
    validation cases say of its volumes, see ``measure.segmentation``. ``adapted_by``: by which method it was brought to
    another site, if it was."""

    network: nn.Module
    spec: NetworkSpec
    plan: Plan
    preprocessing: Preprocessing
    task: Segmentation
    backbone: BackboneFacts | None
    settings: SegmentationSettings
    strategy: str
    measurement_error: Mapping[str, Any] = field(default_factory=dict)
    adapted_by: str | None = None

    def outliner(self, device: str = "cpu") -> Outliner:
        """Ready to answer."""
        return Outliner(
            self.network.to(device).eval(),
            self.plan,
            self.preprocessing,
            self.settings.overlap,
            self.settings.flips,
            device,
        )


def write_outline_bundle(folder: Path, bundle: OutlineBundle) -> None:
    """Write all files, then put the folder in its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as temporary:
        fresh = Path(temporary) / "bundle"
        fresh.mkdir()
        tensors = {name: item.detach().cpu().contiguous() for name, item in bundle.network.state_dict().items()}
        write_bytes(fresh / "model.safetensors", save(tensors))
        write_json(
            fresh / "model.json",
            {
                "kind": "segmentation",
                "spec": bundle.spec.to_json(),
                "plan": bundle.plan.to_json(),
                "backbone": None if bundle.backbone is None else asdict(bundle.backbone),
                "settings": bundle.settings.model_dump(mode="json"),
                "strategy": {
                    "kind": bundle.strategy,
                    **({} if bundle.adapted_by is None else {"adapted_by": bundle.adapted_by}),
                },
            },
        )
        write_json(fresh / "preprocessing.json", bundle.preprocessing.model_dump(mode="json"))
        labels = {"labels": list(bundle.task.labels), "positive": None, "task": bundle.task.kind}
        write_json(fresh / "labels.json", labels)
        write_json(fresh / "calibration.json", {"measurement_error": dict(bundle.measurement_error)})
        write_manifest(fresh)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.replace(folder)


def read_outline_bundle(folder: Path) -> OutlineBundle:
    """From a run or bundle folder. Raises ``ArtifactError`` for one that is missing, damaged or of another task."""
    inside = folder / "bundle" if (folder / "bundle").is_dir() else folder
    if not (inside / "model.json").is_file():
        raise ArtifactError(f"reading the bundle {inside}: it is not there; give a run folder that `fit` finished")
    verify_manifest(inside)
    model, labels = read_json(inside / "model.json"), read_json(inside / "labels.json")
    if labels.get("task") != "segmentation":
        raise ArtifactError(f"reading the bundle {inside}: its task is {labels.get('task')!r}; segmentation is needed")
    plain = {key: value for key, value in read_json(inside / "preprocessing.json").items() if key != "format_version"}
    try:
        facts = None if model["backbone"] is None else BackboneFacts.restore(model["backbone"])
        spec, plan = NetworkSpec.restore(model["spec"]), Plan.restore(model["plan"])
        tensors = load((inside / "model.safetensors").read_bytes())
        network = _built(spec, plan, facts, tensors)
        load_strictly(network, tensors, doing=f"reading the bundle {inside}")
        return OutlineBundle(
            network.eval(),
            spec,
            plan,
            Preprocessing(**plain),
            Segmentation(tuple(labels["labels"])),
            facts,
            SegmentationSettings(**model["settings"]),
            str(model["strategy"]["kind"]),
            read_json(inside / "calibration.json").get("measurement_error", {}),
            model["strategy"].get("adapted_by"),
        )
    except (KeyError, TypeError, ValueError, ValidationError, SafetensorError, OSError, WeightsError) as error:
        raise ArtifactError(
            f"reading the bundle {inside}: it does not fit this medgraft ({error}); fit again"
        ) from error


def _built(spec: NetworkSpec, plan: Plan, facts: BackboneFacts | None, tensors: Mapping[str, Any]) -> nn.Module:
    """The network; its encoder needs no source, the bundle holds all of it."""
    if facts is None:
        return build_outliner(spec, plan, None)
    return build_outliner(spec, plan, backbone_from_facts(facts), encoder_state(tensors))


def encoder_state(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Of the backbone's own network, among those of an ``EncoderDecoder``."""
    lead = "encoder.network."
    return {name.removeprefix(lead): item for name, item in tensors.items() if name.startswith(lead)}
