"""Which family builds a name. The families' files import torch, timm and torchvision (5 s), so they are
imported here, when a network is really needed, and nowhere on the way to the facts of a known backbone.
"""

from __future__ import annotations

from medgraft.errors import UsageError
from medgraft.registry import nearest
from medgraft.source.backbones.backbone import FAMILIES, BackboneFamily
from medgraft.source.backbones.custom import CUSTOM
from medgraft.source.backbones.handcrafted import HANDCRAFTED
from medgraft.source.backbones.spelling import split_name

__all__ = ["all_families", "backbone_names", "family_of"]


def all_families() -> list[BackboneFamily]:
    """Every family, the user's own first: what is registered by hand wins over a name of a library."""
    return [CUSTOM, HANDCRAFTED, _timm(), _torchvision()]


def family_of(name: str) -> BackboneFamily:
    """The family that builds ``name`` (with or without options).

    Raises ``UsageError`` with the nearest name for one that no family knows.
    """
    base = split_name(name)[0]
    for own in (CUSTOM, HANDCRAFTED):
        if own.knows(base):
            return own
    family = _torchvision() if base.startswith("torchvision/") else _timm()
    if family.knows(base):
        return family
    known = [item for member in all_families() for item in member.names()]
    raise UsageError(
        f"there is no backbone {name!r}{nearest(base, known)}; `medgraft list backbones` shows all {len(known)}"
    )


def backbone_names() -> dict[str, list[str]]:
    """All names by family, for ``medgraft list backbones``."""
    all_families()
    return {label: family.names() for label, family in FAMILIES.items()}


def _timm() -> BackboneFamily:
    from medgraft.source.backbones import timm_family  # start-up: see the top

    _ = timm_family  # importing it registers the family
    return FAMILIES.get("timm")


def _torchvision() -> BackboneFamily:
    from medgraft.source.backbones import torchvision_family  # start-up: see the top

    _ = torchvision_family
    return FAMILIES.get("torchvision")
