"""Several backbones side by side: ``a+b``, whose features are those of ``a``, then those of ``b``.

Each part keeps its weights, its licence and its own normalisation; pixels are prepared once for all of them, at the
size of the first part that is a network. There is no one network to train, look into or make random: whatever wants
that is told so. What stands for "the pooled output" (near-duplicates are found by it) is that of the first part, so
that a second one does not change what looks alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import Backbone, BackboneFacts

if TYPE_CHECKING:
    from torch import nn

__all__ = ["JOIN", "WEIGHTS_OF", "JoinedBackbone", "split_parts"]

JOIN, WEIGHTS_OF = "+", "@"


@dataclass(frozen=True)
class JoinedBackbone:
    """Two backbones or more. See ``Backbone``."""

    parts: tuple[Backbone, ...]

    @property
    def facts(self) -> BackboneFacts:
        """Those of all, with each one's own in ``parts``."""
        return _joined_facts([part.facts for part in self.parts])

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        """There is no one network: ``UsageError``."""
        _no_network(self.facts.name)

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        """There is no one network: ``UsageError``."""
        _no_network(self.facts.name)

    def forgotten(self, seed: int) -> JoinedBackbone:
        """There is no one network: ``UsageError``."""
        _no_network(self.facts.name)

    def pooled(self) -> JoinedBackbone:
        """Of each part nothing but the pooled output."""
        return JoinedBackbone(tuple(part.pooled() for part in self.parts))

    def inflated(self) -> JoinedBackbone:
        """Each part made to take volumes whole."""
        return JoinedBackbone(tuple(part.inflated() for part in self.parts))

    def for_channels(self, channels: int) -> JoinedBackbone:
        """With the facts of each part for that many channels."""
        return JoinedBackbone(tuple(part.for_channels(channels) for part in self.parts))


def split_parts(name: str) -> list[tuple[str, str | None]]:
    """Name and weights (``None``: not said) of each part of ``a@w+b``. Raises ``UsageError`` for an empty one and for
    one that is there twice: it adds nothing."""
    parts = [item.strip() for item in name.split(JOIN)]
    if not all(parts) or len(set(parts)) < len(parts):
        raise UsageError(
            f"reading the backbone {name!r}: several together are NAME+NAME, each NAME or NAME@WEIGHTS, none of them "
            "empty or there twice"
        )
    found = []
    for part in parts:
        base, at, weights = part.partition(WEIGHTS_OF)
        if not base or (at and not weights):
            raise UsageError(f"reading the backbone {part!r}: NAME or NAME@WEIGHTS is needed")
        found.append((base, weights or None))
    return found


def _joined_facts(parts: Sequence[BackboneFacts]) -> BackboneFacts:
    """Sums and lists; size, normalisation and interpolation are those of the first network (each part has its own)."""
    leader = next((part for part in parts if not part.descriptors), parts[0])
    transferred = [part.transferred for part in parts if part.transferred is not None]
    return BackboneFacts(
        name=JOIN.join(part.name for part in parts),
        weights=JOIN.join(part.weights for part in parts),
        checksum=hashlib.sha256(json.dumps([part.checksum for part in parts]).encode()).hexdigest(),
        feature_dim=sum(part.feature_dim for part in parts),
        parameters=sum(part.parameters for part in parts),
        size=leader.size,
        mean=leader.mean,
        std=leader.std,
        interpolation=leader.interpolation,
        licence="; ".join(dict.fromkeys(part.licence for part in parts)),
        trained_on="; ".join(dict.fromkeys(part.trained_on for part in parts)),
        origin="; ".join(dict.fromkeys(part.origin for part in parts)),
        inflated=all(part.inflated for part in parts),
        transferred=sum(transferred) if transferred else None,
        exceptions=tuple((f"{part.name}: {layers}", why) for part in parts for layers, why in part.exceptions),
        parts=tuple(parts),
    )


def _no_network(name: str) -> NoReturn:
    raise UsageError(
        f"the backbone {name!r} is several side by side: there is no one network to fine-tune or look into; use a "
        "strategy on cached features (linear-probe, stacked), or one backbone"
    )
