"""From facts and a source of weights to a network. Imports torch, hence reached only when one is built.

Creating a network draws random weights first; that happens inside a fork of torch's random state, seeded, so
that the same seed gives the same network and nobody else's draws move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from medgraft.errors import MedgraftError, UsageError, WeightsError
from medgraft.files import sha256_bytes
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.custom import CUSTOM
from medgraft.source.backbones.efficientnet_lite import HEAD_KEYS, read_package
from medgraft.source.backbones.families import family_of
from medgraft.source.backbones.loading import load_strictly, rename_by_order
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.origins import WeightsOrigin
from medgraft.source.backbones.readout import choose_readout
from medgraft.source.backbones.spelling import split_name
from medgraft.source.weights.checkpoint import read_state

__all__ = ["Measured", "build_network", "fingerprint", "measure", "network_stages", "seeded_body"]

_PREFIX = "body."


def seeded_body(name: str, seed: int = 0) -> nn.Module:
    """The bare network of ``name`` in eval mode, its random weights drawn from ``seed`` alone."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return family_of(name).create(name).eval()


@dataclass(frozen=True)
class Measured:
    """Features for an input of a size, number of parameters, and which stages are read; see ``BackboneFacts``."""

    feature_dim: int
    parameters: int
    readout: tuple[tuple[str, int], ...]


def measure(name: str, size: int) -> Measured:
    """What the bare network gives for a ``size`` x ``size`` input.

    Shapes are followed without computing where the network allows it. Raises ``WeightsError`` where it does
    not take that size, or does not give one vector a picture.
    """
    try:
        with torch.device("meta"):
            network = seeded_body(name)
            features, readout = _features(name, network, size)
    except MedgraftError:
        raise
    except (RuntimeError, NotImplementedError, TypeError, ValueError, AssertionError):
        network = seeded_body(name)  # it computes with values while it is created
        try:
            features, readout = _features(name, network, size)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise WeightsError(
                f"measuring the backbone {name!r}: it does not take pictures of {size} x {size} ({error}); give its "
                "own size"
            ) from error
    if features.ndim != 2:
        raise WeightsError(f"measuring {name!r}: features of shape {tuple(features.shape)}; (N, d) is needed")
    dimension = int(features.shape[1]) + 2 * sum(channels for _, channels in readout)
    return Measured(dimension, sum(parameter.numel() for parameter in network.parameters()), readout)


def _features(name: str, network: nn.Module, size: int) -> tuple[Tensor, tuple[tuple[str, int], ...]]:
    stages = family_of(name).stages(name, network)
    features, readout = choose_readout(network, stages, torch.zeros(1, 3, size, size))
    return (features.flatten(1) if features.ndim == 4 else features), readout


def fingerprint(name: str) -> str:
    """sha256 over names and values of a registered network: the checksum of weights that have no file."""
    digest = hashlib.sha256()
    for key, value in seeded_body(name).state_dict().items():
        digest.update(f"{key} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def build_network(
    facts: BackboneFacts, origin: WeightsOrigin, channels: int, state: Mapping[str, Any] | None
) -> BackboneNetwork:
    """The network in eval mode, with the source's weights, or with ``state`` in their place (strict)."""
    body = seeded_body(facts.name, origin.seed)
    if state is None:
        _load_source(body, facts, origin)
    network = BackboneNetwork(body, channels=channels, mean=facts.mean, std=facts.std, readout=facts.readout)
    if state is not None:
        load_strictly(network, _tensors(state), doing=f"building {facts.name} for {channels} channels")
    return network.eval()


def _load_source(body: nn.Module, facts: BackboneFacts, origin: WeightsOrigin) -> None:
    doing = f"loading {facts.weights} into {facts.name}"
    if origin.kind == "random" and CUSTOM.knows(facts.name):
        _redraw(body, facts.name, origin.seed)
    if origin.kind in ("random", "factory"):
        return
    if origin.kind == "bundle" or (origin.kind == "store" and origin.path is None):
        raise WeightsError(f"{doing}: a bundle's backbone is built from the bundle's own weights; give them")
    if origin.kind == "package":
        tensors = read_state(read_package(split_name(facts.name)[0]), "package.pth", doing=doing)
        state = rename_by_order(tensors, [*body.state_dict(), *HEAD_KEYS], doing=doing)
        load_strictly(body, state, heads=("classifier",), doing=doing)
        return
    path = origin.path
    if path is None or not path.is_file():
        raise WeightsError(f"{doing}: its file is gone from the weights store; import it again")
    data = path.read_bytes()
    if sha256_bytes(data) != facts.checksum:
        raise WeightsError(f"{doing}: {path} is damaged (its sha256 is not the recorded one); import it again")
    load_strictly(body, read_state(data, path.name, doing=doing), doing=doing)


def _redraw(body: nn.Module, name: str, seed: int) -> None:
    """Forget what a registered factory brings. Raises ``UsageError`` where a part cannot be drawn anew."""
    stuck = [
        label or type(module).__name__
        for label, module in body.named_modules()
        if next(module.parameters(recurse=False), None) is not None and not hasattr(module, "reset_parameters")
    ]
    if stuck:
        raise UsageError(
            f"random weights for {name!r}: {', '.join(stuck[:3])} cannot be drawn anew; give the module a method "
            "reset_parameters(), or leave random weights out"
        )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for module in body.modules():
            again = getattr(module, "reset_parameters", None)
            if callable(again):
                again()


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """Tensors of numpy arrays (copied, so that a read-only one is no trouble) or of tensors."""
    return {
        key: value if isinstance(value, Tensor) else torch.from_numpy(np.array(value)) for key, value in state.items()
    }


def network_stages(name: str, network: nn.Module) -> list[tuple[str, list[str]]]:
    """Stages of a bare network, or of a ``BackboneNetwork`` under its own parameter names."""
    if not isinstance(network, BackboneNetwork):
        return family_of(name).stages(name, network)
    stages = family_of(name).stages(name, network.body)
    return [(label, [_PREFIX + item for item in names]) for label, names in stages]
