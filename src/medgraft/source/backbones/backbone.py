"""The contract of a backbone: a feature extractor that carries its own preprocessing and licence.

``Backbone`` is plain data plus one method that builds the network. The network maps pixels in [0, 1],
shape (N, C, H, W), C ≥ 1 (3: R, G, B), to features (N, feature_dim): the pooled output, then what is read off its
stages (``readout``). Normalisation (mean, std) is *inside*, as is the stem for other than three channels. It comes in
eval mode with every weight loaded strictly; what was not loaded (the source task's own head) is named in
``not_transferred``.

A hand-crafted backbone has no network: its features are ``descriptors`` (see ``source/handcrafted``), an engine of its
own computes them, and ``build`` is a ``UsageError``.

A family (``timm``, ``torchvision``, ``custom``, ``handcrafted``) registers in ``FAMILIES`` and says which names it
knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol

from medgraft.registry import Registry

if TYPE_CHECKING:
    from torch import nn

__all__ = ["FAMILIES", "Backbone", "BackboneFacts", "BackboneFamily"]


@dataclass(frozen=True)
class BackboneFacts:
    """What is known of a backbone without building it. JSON-able; travels in the bundle and the report.

    ``size`` is the side of the square input in pixels; ``mean``/``std`` are in the order R, G, B for pixels in [0,
    1]; ``checksum`` is the sha256 of the weights' file, or ``random:<seed>``; ``interpolation`` is the one that the
    weights were trained with. ``readout``: the modules of the body that are read beside the pooled output, each with
    its channels; a channel gives two features, the mean of its magnitude and its standard deviation over the picture.
    ``inflated``: it takes volumes (see ``inflation``). ``descriptors``: what is computed where there is no
    network; empty for a network. ``parts``: the facts of each where this is several side by side (see ``joined``),
    whose features follow each other in that order. ``transferred``: how many tensors came from the source, where that
    is known; ``exceptions``: what did not come as it is, layers and why (see ``weights.transfer_table``). Source: Evci
    et al. 2022, Head2Toe (intermediate features under a linear head).
    """

    name: str
    weights: str
    checksum: str
    feature_dim: int
    parameters: int
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str
    licence: str
    trained_on: str
    origin: str
    readout: tuple[tuple[str, int], ...] = ()
    inflated: bool = False
    descriptors: tuple[str, ...] = ()
    transferred: int | None = None
    exceptions: tuple[tuple[str, str], ...] = ()
    parts: tuple[BackboneFacts, ...] = ()

    @classmethod
    def restore(cls, plain: Mapping[str, Any]) -> BackboneFacts:
        """From what ``asdict`` gave and JSON kept; what is not known here is passed over. Raises ``TypeError`` or
        ``ValueError`` for another thing."""
        known = {field.name for field in fields(cls)}
        facts: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in plain.items() if key in known
        }
        facts["readout"] = tuple((name, channels) for name, channels in facts.get("readout", ()))
        facts["exceptions"] = tuple((layers, why) for layers, why in facts.get("exceptions", ()))
        facts["parts"] = tuple(cls.restore(part) for part in facts.get("parts", ()))
        return cls(**facts)

    @property
    def pooled_dim(self) -> int:
        """How many of the features are the pooled output; they come first. Of several backbones: of the first one."""
        if self.parts:
            return self.parts[0].pooled_dim
        return self.feature_dim - 2 * sum(channels for _, channels in self.readout)

    def pooled(self) -> BackboneFacts:
        """The same, with nothing but the pooled output read."""
        return replace(self, readout=(), feature_dim=self.pooled_dim)


class BackboneFamily(Protocol):
    """Where networks of one kind come from."""

    def knows(self, name: str) -> bool:
        """Whether this family builds ``name``."""
        ...

    def names(self) -> list[str]:
        """All names, for ``medgraft list backbones`` and for the nearest match of a wrong one."""
        ...

    def default_preprocessing(self, name: str) -> dict[str, Any]:
        """``size``, ``mean``, ``std``, ``interpolation`` of the family's standard weights of ``name``."""
        ...

    def create(self, name: str) -> nn.Module:
        """The bare network with random weights whose ``forward`` gives pooled features (N, d)."""
        ...

    def stages(self, name: str, network: nn.Module) -> list[tuple[str, list[str]]]:
        """Named stages from input to output; each with the names of its parameters (all, disjoint)."""
        ...

    def head_prefixes(self, name: str, network: nn.Module) -> tuple[str, ...]:
        """Modules of the source task's own head: the only keys of a checkpoint that may be left out."""
        ...

    def origin(self, name: str) -> dict[str, str]:
        """``url`` (empty where unknown), ``licence`` and ``trained_on`` of the standard weights of
        ``name``."""
        ...


class Backbone(Protocol):
    """A resolved backbone: facts and a way to build the network, if it is one."""

    @property
    def facts(self) -> BackboneFacts:
        """What is known of it."""
        ...

    def forgotten(self, seed: int) -> Backbone:
        """The same network with random weights drawn from ``seed``; ``UsageError`` where it cannot be had."""
        ...

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        """The network for that many input channels in eval mode; ``state`` replaces the source's weights
        (strict)."""
        ...

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        """Stages of a built network, input first; for layer-wise learning rates and partial freezing."""
        ...

    def pooled(self) -> Backbone:
        """The same, with nothing but the pooled output read."""
        ...

    def inflated(self) -> Backbone:
        """The same, made to take volumes whole."""
        ...

    def for_channels(self, channels: int) -> Backbone:
        """The same, with the facts that hold for pictures of 1 or 3 channels."""
        ...


FAMILIES: Registry[BackboneFamily] = Registry("backbone family")
