"""Any classifier of torchvision, as ``torchvision/NAME``.

Its last linear layer (for SqueezeNet its last convolution) becomes the identity, so that ``forward`` gives
what that layer saw; auxiliary heads are off.
"""

from __future__ import annotations

from typing import Any

import torchvision
from torch import nn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import FAMILIES
from medgraft.source.backbones.stages import Stages, child_stages

__all__ = ["SourceHead", "TorchvisionFamily"]

PREFIX = "torchvision/"
_AUXILIARY = ("aux1", "aux2", "AuxLogits")
_CONTAINERS = frozenset({"features", "encoder", "layers", "blocks"})
_HALVES = (0.5, 0.5, 0.5)


class SourceHead(nn.Identity):
    """Stands where the source task's classifier stood."""


class TorchvisionFamily:
    """torchvision's classification models seen through the contract of a family."""

    def knows(self, name: str) -> bool:
        """Whether this family builds ``name``."""
        return name.startswith(PREFIX) and name in self.names()

    def names(self) -> list[str]:
        """All names, sorted."""
        return [PREFIX + name for name in torchvision.models.list_models(module=torchvision.models)]

    def default_preprocessing(self, name: str) -> dict[str, Any]:
        """``size``, ``mean``, ``std``, ``interpolation`` of the standard weights."""
        transform = torchvision.models.get_model_weights(_bare(name)).DEFAULT.transforms()
        # With its own weights torchvision turns ImageNet's normalisation inside these two into halves.
        halves = _bare(name) in {"googlenet", "inception_v3"}
        return {
            "size": int(transform.crop_size[0]),
            "mean": _HALVES if halves else tuple(transform.mean),
            "std": _HALVES if halves else tuple(transform.std),
            "interpolation": str(transform.interpolation.value),
        }

    def create(self, name: str) -> nn.Module:
        """The bare network: normalised pixels (N, 3, H, W) → pooled features (N, d)."""
        bare = _bare(name)
        options: dict[str, Any] = {"weights": None}
        if bare in {"googlenet", "inception_v3"}:
            options |= {"aux_logits": False, "transform_input": False, "init_weights": True}
        network: nn.Module = torchvision.models.get_model(bare, **options)
        head = _classifier(name, network)
        parent, _, leaf = head.rpartition(".")
        setattr(network.get_submodule(parent), leaf, SourceHead())
        return network

    def stages(self, name: str, network: nn.Module) -> Stages:
        """Named stages from input to output; together every parameter once."""
        return child_stages(network, _CONTAINERS)

    def head_prefixes(self, name: str, network: nn.Module) -> tuple[str, ...]:
        """Modules of the source's head, whose keys a checkpoint may hold besides."""
        heads = [label for label, module in network.named_modules() if isinstance(module, SourceHead)]
        return (*heads, *_AUXILIARY)

    def origin(self, name: str) -> dict[str, str]:
        """``url``, ``licence`` and ``trained_on`` of the standard weights; an empty url where unknown."""
        weights = torchvision.models.get_model_weights(_bare(name)).DEFAULT
        return {
            "url": str(weights.url),
            "licence": "BSD-3-Clause (torchvision; ImageNet has its own terms)",
            "trained_on": "ImageNet-1k",
        }


def _bare(name: str) -> str:
    if "[" in name:
        raise UsageError(f"reading the backbone {name!r}: torchvision's networks take no options; leave them out")
    return name.removeprefix(PREFIX)


def _classifier(name: str, network: nn.Module) -> str:
    """The name of the layer that gives the source task's logits."""
    modules: list[tuple[str, nn.Module]] = list(network.named_modules())
    linear = [label for label, module in modules if isinstance(module, nn.Linear)]
    final = [label for label, module in modules if isinstance(module, nn.Conv2d)]
    if linear or final:
        return (linear or final)[-1]
    raise UsageError(f"cutting the backbone {name!r}: it has no linear layer; choose another")


FAMILIES.register("torchvision")(TorchvisionFamily())
