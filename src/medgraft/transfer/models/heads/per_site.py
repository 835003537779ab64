"""One linear head a site, mixed for each case by how much it looks like a case of that site.

``Σ_s p(s|x) p_s(y|x)``: ``origin`` tells sites apart, ``members`` answer. Source: Jacobs, Jordan, Nowlan & Hinton 1991,
Adaptive Mixtures of Local Experts; Mansour, Mohri & Rostamizadeh 2009 (weights by the domain of origin).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.head import HEADS
from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["PerSiteHead"]


@HEADS.register("per-site")
@dataclass(frozen=True)
class PerSiteHead:
    """``origin``: (sites, d); ``members``: one head (classes, d) a site, in the same order."""

    kind: ClassVar[str] = "per-site"
    gallery: ClassVar[bool] = False

    origin: LinearHead
    members: tuple[LinearHead, ...]

    def __post_init__(self) -> None:
        shapes = {member.shape for member in self.members}
        fits = len(shapes) == 1 and self.origin.shape == (len(self.members), next(iter(shapes))[1])
        if not fits:
            raise ArtifactError(
                f"a head of {len(self.members)} sites of shapes {sorted(shapes)}, told apart by {self.origin.shape}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return self.members[0].shape

    def likeness(self, bags: Bags) -> NDArray[np.float64]:
        """(n, sites): how much each case looks like one of each site; rows sum to one."""
        return self.origin.answers(bags)

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """See the contract; a case of several rows is their mean."""
        return np.asarray(
            np.einsum(
                "ns,snc->nc",
                self.likeness(bags),
                np.stack([member.answers(bags) for member in self.members]),
                optimize=False,
            )
        )

    def attention(self, bags: Bags) -> None:
        """All rows count alike."""

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        return {
            "origin_weight": self.origin.weight,
            "origin_bias": self.origin.bias,
            "weight": np.stack([member.weight for member in self.members]),
            "bias": np.stack([member.bias for member in self.members]),
        }

    def facts(self) -> dict[str, Any]:
        """See the contract."""
        return {"rooted": self.origin.rooted}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        rooted = bool(facts["rooted"])
        pairs = zip(tensors["weight"], tensors["bias"], strict=True)
        members = tuple(LinearHead(weight, bias, rooted) for weight, bias in pairs)
        return cls(LinearHead(tensors["origin_weight"], tensors["origin_bias"], rooted), members)
