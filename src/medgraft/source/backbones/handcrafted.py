"""The backbone ``classical``: hand-crafted texture and shape features, what can be had without any source task.

It goes the way of every backbone (cache, heads, cross-validation, bundle, ``predict``), so that a transfer can be
compared with it on the same folds. There are no weights: the checksum stands for the descriptors and their versions.
There is no network either: whatever wants to train one is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import FAMILIES, BackboneFacts
from medgraft.source.handcrafted.catalogue import descriptor_names, descriptors_checksum, dimension

if TYPE_CHECKING:
    from torch import nn

__all__ = ["CLASSICAL", "HANDCRAFTED", "HandcraftedBackbone", "HandcraftedFamily", "classical"]

CLASSICAL = "classical"

_SIZE = 128
_ORIGIN = {"url": "", "licence": "none needed", "trained_on": "nothing: hand-crafted"}


@dataclass(frozen=True)
class HandcraftedBackbone:
    """Facts, and no network. See ``Backbone``."""

    facts: BackboneFacts

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        """There is none: ``UsageError``."""
        _no_network(self.facts.name)

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        """There is no network: ``UsageError``."""
        _no_network(self.facts.name)

    def pooled(self) -> HandcraftedBackbone:
        """The same: all its features are output."""
        return self

    def inflated(self) -> HandcraftedBackbone:
        """There is no network to inflate: ``UsageError``."""
        _no_network(self.facts.name)

    def forgotten(self, seed: int) -> HandcraftedBackbone:
        """There are no weights to forget: ``UsageError``."""
        _no_network(self.facts.name)

    def for_channels(self, channels: int) -> HandcraftedBackbone:
        """With as many features as pictures of 1 or 3 channels have."""
        return replace(self, facts=replace(self.facts, feature_dim=dimension(self.facts.descriptors, channels)))


class HandcraftedFamily:
    """The family of the one backbone ``classical``. See ``BackboneFamily``."""

    def knows(self, name: str) -> bool:
        """Whether it is ``classical``."""
        return name == CLASSICAL

    def names(self) -> list[str]:
        """``classical``."""
        return [CLASSICAL]

    def default_preprocessing(self, name: str) -> dict[str, Any]:
        """128 pixels: texture of a picture as a screen shows it, in a few milliseconds. Pixels are used as they are."""
        return {"size": _SIZE, "mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0), "interpolation": "bilinear"}

    def create(self, name: str) -> nn.Module:
        """There is no network: ``UsageError``."""
        _no_network(name)

    def stages(self, name: str, network: nn.Module) -> list[tuple[str, list[str]]]:
        """There is no network: ``UsageError``."""
        _no_network(name)

    def head_prefixes(self, name: str, network: nn.Module) -> tuple[str, ...]:
        """Nothing was trained, so there is no head."""
        return ()

    def origin(self, name: str) -> dict[str, str]:
        """No url, no licence needed, trained on nothing."""
        return dict(_ORIGIN)


HANDCRAFTED = HandcraftedFamily()

FAMILIES.register("handcrafted")(HANDCRAFTED)


def classical(weights: str | None = None) -> HandcraftedBackbone:
    """All descriptors, for grey pictures (see ``for_channels``). To ask for ``weights`` is a ``UsageError``."""
    if weights is not None:
        raise UsageError(
            f"the backbone {CLASSICAL!r} with the weights {weights!r}: hand-crafted features have no weights; leave "
            "--weights out"
        )
    names = descriptor_names()
    facts = BackboneFacts(
        name=CLASSICAL,
        weights="none",
        checksum=descriptors_checksum(names),
        feature_dim=dimension(names, 1),
        parameters=0,
        licence=_ORIGIN["licence"],
        trained_on=_ORIGIN["trained_on"],
        origin="descriptors: " + ", ".join(names),
        descriptors=names,
        **HANDCRAFTED.default_preprocessing(CLASSICAL),
    )
    return HandcraftedBackbone(facts)


def _no_network(name: str) -> NoReturn:
    raise UsageError(
        f"the backbone {name!r} is hand-crafted: there is no network to fine-tune, inflate or look into; use "
        "--strategy linear-probe, or another backbone"
    )
