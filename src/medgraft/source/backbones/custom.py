"""Backbones that users register from their own Python: ``register_backbone(name, factory, …)``.

``factory()`` gives an ``nn.Module`` with the user's weights loaded that maps normalised pixels (N, 3, H,
W) to features (N, d). It is called each time a network is built, and must give the same network each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import FAMILIES
from medgraft.source.backbones.handcrafted import HANDCRAFTED

if TYPE_CHECKING:
    from torch import nn

__all__ = ["CUSTOM", "CustomFamily", "register_backbone"]


@dataclass(frozen=True)
class _Registered:
    factory: Callable[[], nn.Module]
    preprocessing: dict[str, Any]
    licence: str
    trained_on: str


class CustomFamily:
    """The family of registered backbones."""

    def __init__(self) -> None:
        self._members: dict[str, _Registered] = {}

    def add(self, name: str, member: _Registered) -> None:
        """Add a member; a taken or unusable name is a ``UsageError``."""
        if name in self._members:
            raise UsageError(f"registering the backbone {name!r}: that name is taken; choose another")
        if not name or "[" in name or name == "random" or name.startswith("torchvision/") or HANDCRAFTED.knows(name):
            raise UsageError(f"registering the backbone {name!r}: that name has a meaning already; choose another")
        self._members[name] = member

    def knows(self, name: str) -> bool:
        """Whether this family builds ``name``."""
        return name in self._members

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._members)

    def default_preprocessing(self, name: str) -> dict[str, Any]:
        """``size``, ``mean``, ``std``, ``interpolation`` of the standard weights."""
        return dict(self._members[name].preprocessing)

    def create(self, name: str) -> nn.Module:
        """The bare network: normalised pixels (N, 3, H, W) → pooled features (N, d)."""
        return self._members[name].factory()

    def stages(self, name: str, network: nn.Module) -> list[tuple[str, list[str]]]:
        """Named stages from input to output; together every parameter once."""
        # Start-up: naming a custom backbone must not import torch, building its network has done so.
        from medgraft.source.backbones.stages import child_stages

        return child_stages(network)

    def head_prefixes(self, name: str, network: nn.Module) -> tuple[str, ...]:
        """Modules of the source's head, whose keys a checkpoint may hold besides."""
        return ()

    def origin(self, name: str) -> dict[str, str]:
        """``url``, ``licence`` and ``trained_on`` of the standard weights; an empty url where unknown."""
        member = self._members[name]
        return {"url": "", "licence": member.licence, "trained_on": member.trained_on}


CUSTOM = CustomFamily()
"""All backbones that were registered by hand in this process."""

FAMILIES.register("custom")(CUSTOM)


def register_backbone(
    name: str,
    factory: Callable[[], nn.Module],
    *,
    size: int,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    interpolation: str = "bilinear",
    licence: str = "unknown",
    trained_on: str = "unknown",
) -> None:
    """Make ``--backbone NAME`` mean ``factory()``; it wins over a timm name spelled alike.

    ``size``: side of the square input in pixels; ``mean``/``std``: R, G, B for pixels in [0, 1].
    Raises ``UsageError`` for a taken name or preprocessing that cannot be.
    """
    if size < 1 or len(mean) != 3 or len(std) != 3 or min(std) <= 0:
        raise UsageError(
            f"registering the backbone {name!r}: size {size}, mean {mean}, std {std}; a positive size, three means "
            "and three positive standard deviations are needed"
        )
    preprocessing = {"size": size, "mean": tuple(mean), "std": tuple(std), "interpolation": interpolation}
    CUSTOM.add(name, _Registered(factory, preprocessing, licence, trained_on))
