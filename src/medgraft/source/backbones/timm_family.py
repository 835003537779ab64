"""Any network of timm, by timm's name (``resnet50``, ``resnet50.a1_in1k``, ``vit_small_patch14_dinov2``, …).

The network is created with ``num_classes=0``, so that ``forward`` gives pooled features; networks of a fixed
image size take the input size of their standard weights.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import timm
from timm.models import group_parameters
from torch import nn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import FAMILIES
from medgraft.source.backbones.spelling import architecture, split_name
from medgraft.source.backbones.stages import Stages, check_partition, child_stages

__all__ = ["TimmFamily"]

_HUB = "https://huggingface.co/{}/resolve/main/model.safetensors"

_TRAINED_ON = {
    "in1k": "ImageNet-1k",
    "in21k": "ImageNet-21k",
    "in22k": "ImageNet-22k",
    "in12k": "ImageNet-12k",
}


class TimmFamily:
    """timm's registry seen through the contract of a family."""

    def knows(self, name: str) -> bool:
        """Whether this family builds ``name``."""
        base = split_name(name)[0]
        if "/" in base or ":" in base:
            return False
        if not timm.is_model(base):
            return False
        tag = base.partition(".")[2]
        return not tag or base in timm.list_pretrained(architecture(base) + ".*")

    def names(self) -> list[str]:
        """All names, sorted."""
        return list(timm.list_models())

    def default_preprocessing(self, name: str) -> dict[str, Any]:
        """``size``, ``mean``, ``std``, ``interpolation`` of the standard weights."""
        facts = _configuration(name)
        size = facts["input_size"][-1]
        options = split_name(name)[1]
        return {
            "size": int(options.get("img_size", size)),
            "mean": tuple(facts["mean"]),
            "std": tuple(facts["std"]),
            "interpolation": str(facts["interpolation"]),
        }

    def create(self, name: str) -> nn.Module:
        """The bare network: normalised pixels (N, 3, H, W) → pooled features (N, d)."""
        base, chosen = split_name(name)
        options: dict[str, Any] = dict(chosen)
        try:
            network: nn.Module = timm.create_model(base, pretrained=False, num_classes=0, **options)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise UsageError(
                f"creating the backbone {name!r}: timm refuses ({error}); leave out options that do not fit"
            ) from error
        return network

    def stages(self, name: str, network: nn.Module) -> Stages:
        """Named stages from input to output; together every parameter once."""
        matcher = getattr(network, "group_matcher", None)
        if matcher is not None:
            try:
                groups = group_parameters(network, matcher(coarse=True), reverse=False)
            except (NotImplementedError, TypeError, KeyError, AttributeError):
                groups = {}  # some rare networks announce groups that they do not have
            stages = _named([list(groups[key]) for key in sorted(groups)])
            if check_partition(network, stages):
                return stages
        return child_stages(network)

    def head_prefixes(self, name: str, network: nn.Module) -> tuple[str, ...]:
        """Modules of the source's head, whose keys a checkpoint may hold besides."""
        classifier = _configuration(name).get("classifier") or ()
        return (classifier,) if isinstance(classifier, str) else tuple(classifier)

    def origin(self, name: str) -> dict[str, str]:
        """``url``, ``licence`` and ``trained_on`` of the standard weights; an empty url where unknown."""
        facts = _configuration(name)
        url = str(facts.get("url") or "")
        if facts.get("hf_hub_id") and not facts.get("hf_hub_filename"):
            url = _HUB.format(facts["hf_hub_id"])
        elif url.endswith(".npz"):
            url = ""
        tag = str(facts.get("tag") or "")
        known = [text for key, text in _TRAINED_ON.items() if key in tag.split("_")]
        trained_on = " and ".join(known) or (f"see timm's tag {tag!r}" if tag else "unknown")
        return {"url": url, "licence": str(facts.get("license") or "unknown"), "trained_on": trained_on}


def _configuration(name: str) -> dict[str, Any]:
    """What timm knows of the standard weights of ``name``."""
    config = timm.get_pretrained_cfg(split_name(name)[0], allow_unregistered=True)
    if config is None:
        raise UsageError(f"reading the preprocessing of {name!r}: timm has none; choose another backbone")
    return dataclasses.asdict(config)


def _named(groups: list[list[str]]) -> Stages:
    """Each group named by what its parameters have in common, at most two levels deep; names are unique."""
    stages: Stages = []
    for names in groups:
        parts = [name.split(".")[:-1] for name in names]
        common: list[str] = []
        for level in zip(*parts, strict=False):
            if len(set(level)) > 1 or len(common) == 2:
                break
            common.append(level[0])
        if not common:
            levels = names[0].split(".")
            common = levels[: 2 if levels[1].isdigit() else 1] if len(levels) > 1 else levels
        label = ".".join(common)
        others = [name for group in groups if group is not names for name in group]
        if any(name.startswith(f"{label}.") for name in others):
            # A container that several groups share says nothing of this one: its last module does.
            label = ".".join(names[-1].split(".")[: len(common) + 1])
        taken = {stage for stage, _ in stages}
        stages.append((label if label not in taken else f"{label}#{len(stages)}", names))
    return stages


FAMILIES.register("timm")(TimmFamily())
