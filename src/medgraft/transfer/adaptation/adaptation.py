"""The contract of an adaptation: how the model of one site is brought to another, with no labels there or a few.

An adaptation is a class with a ``name`` (its key in ``ADAPTATIONS``), its ``paper``, a closed pydantic ``Config``
(``kind`` literal equal to the name), what it ``needs`` to see, its ``cost`` in words, and ``adapt(pair) -> Adapted``.
Without needs it is source-free: the model alone travels. It is deterministic for one seed and machine, sees no label
that is not given (−1), and gives back plain data: a head on pooled features, and new backbone weights where it changed
them, so that prediction is the one path of all strategies.

``Pair`` checks what it is given, once for all methods; ``measure`` scores what came out without labels, and the guard
(``guard.py``) decides whether it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.errors import UsageError
from medgraft.registry import Registry
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.checks import FEWEST, check_classes, check_features
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.adaptation.stand_in import StandIn
from medgraft.transfer.models.heads.head import Head
from medgraft.transfer.models.heads.linear import LinearHead

if TYPE_CHECKING:
    from medgraft.source.backbones.backbone import Backbone

__all__ = [
    "ADAPTATIONS",
    "FEWEST",
    "Adaptation",
    "AdaptationConfig",
    "Adapted",
    "Axes",
    "Need",
    "Pair",
    "Root",
    "SourceCases",
    "TargetCases",
    "TargetNetwork",
    "TargetWeight",
]

Array = NDArray[np.float64]
Need = Literal["source features", "source sites", "stand-in", "linear head", "network"]

TargetWeight = Annotated[
    float,
    Field(ge=0, description="source cases that a labelled target case counts as, until both sides count alike"),
]
Root = Annotated[bool, Field(description="read the signed square root of the features, not the features")]
Axes = Annotated[int, Field(ge=2, le=4096, description="principal axes of both sides that are read, the longest first")]


class AdaptationConfig(BaseModel):
    """Options that every adaptation of a head has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_weight: TargetWeight = 10.0


@dataclass(frozen=True)
class SourceCases:
    """``features`` (n, d); ``labels`` (n,) class indices; ``groups`` (n,) int: cases of one patient share a number,
    and the numbers are those of the target's groups, too; ``sites`` (n,) text, where the source is of several."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    sites: NDArray[np.str_] | None = None


@dataclass(frozen=True)
class TargetCases:
    """``features`` (m, d) of the same backbone and preparation; ``groups`` (m,) as those of the source; ``labels``
    (m,) class indices, −1 where unknown; ``None`` where all are."""

    features: NDArray[np.float32]
    groups: NDArray[np.int64]
    labels: NDArray[np.int64] | None = None

    @property
    def known(self) -> NDArray[np.int64]:
        """Rows whose label is known."""
        return np.zeros(0, np.int64) if self.labels is None else np.flatnonzero(self.labels >= 0).astype(np.int64)


@dataclass(frozen=True)
class TargetNetwork:
    """What adapts the network itself: ``backbone`` with ``state`` (``None``: the source's weights), whose features are
    those of the pair, and ``pixels(rows)`` of target cases, (len(rows), C, S, S) float32 in [0, 1]."""

    backbone: Backbone
    pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    state: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Pair:
    """What an adaptation may see. ``head``: the source's, on the features. ``source`` is ``None`` where only the model
    travels; ``prior`` (classes,) then says how frequent each class was there (even shares if not given). ``stand_in``:
    of the source's cases, where one was looked for. ``until``: a time of ``time.monotonic`` by which training ends with
    what it has.

    Raises ``UsageError`` for shapes that do not fit, ``DataError`` for values that do not serve.
    """

    source: SourceCases | None
    target: TargetCases
    n_classes: int
    head: Head
    network: TargetNetwork | None = None
    prior: Array | None = None
    stand_in: StandIn | None = None
    seed: int = 0
    device: str = "cpu"
    until: float | None = None

    def __post_init__(self) -> None:
        width = self.head.shape[1]
        if self.head.shape[0] != self.n_classes or self.head.kind == "sigmoid":
            raise UsageError(
                f"adapting: the source's head ({self.head.kind}) is of {self.head.shape[0]} classes, the pair of "
                f"{self.n_classes}; both sites need the same classes, one a case"
            )
        if self.source is not None:
            check_features("source", self.source.features, self.source.groups, width)
            check_classes(self.source.labels, len(self.source.features), self.n_classes)
            if self.stand_in is not None and self.stand_in.features.shape != self.source.features.shape:
                raise UsageError(
                    f"adapting: a stand-in of shape {self.stand_in.features.shape} for source features of shape "
                    f"{self.source.features.shape}; it has a row for each source case"
                )
        check_features("target", self.target.features, self.target.groups, width)
        labels = self.target.labels
        fits = labels is None or (
            labels.shape == (len(self.target.features),) and labels.min() >= -1 and labels.max() < self.n_classes
        )
        if not fits:
            raise UsageError(
                f"adapting: the target's labels must be (cases,) class indices below {self.n_classes}, −1 for unknown"
            )
        if self.prior is not None and (
            self.prior.shape != (self.n_classes,) or self.prior.min() <= 0 or abs(float(self.prior.sum()) - 1) > 1e-6
        ):
            raise UsageError(f"adapting: the prior {self.prior} is not {self.n_classes} shares above 0 that sum to 1")

    @property
    def seen_source(self) -> SourceCases:
        """The source's cases; ``UsageError`` where only the model is here."""
        if self.source is None:
            raise UsageError(
                "adapting: this method reads the source's features, and only its model is here; give the source's data "
                "too, or use a source-free method (label-shift, pseudo-labels, shot)"
            )
        return self.source

    @property
    def seen_stand_in(self) -> StandIn:
        """The source's stand-in for the target; ``UsageError`` where there is none."""
        if self.stand_in is None:
            raise UsageError(
                "adapting: this method reads the source's pictures as the target would have taken them, and none were "
                "made: it needs the source's pictures (no volumes) and their network; else use coral or standardise"
            )
        return self.stand_in

    @property
    def seen_sites(self) -> NDArray[np.str_]:
        """(n,) the site of each source case; ``UsageError`` for fewer than two."""
        sites = self.seen_source.sites
        number = 0 if sites is None else len(np.unique(sites))
        if sites is None or number < 2 or (sites == "").any():
            raise UsageError(
                f"adapting: this method reads several source sites, {number} known here; name the column that says "
                "where each case comes from with --site-col, or use a method of one source"
            )
        return sites

    @property
    def seen_network(self) -> TargetNetwork:
        """The network and the target's pixels; ``UsageError`` where there are features only."""
        if self.network is None:
            raise UsageError(
                "adapting: this method changes the network, and only features are here; give the pixels too, or use "
                "shot or pseudo-labels, which work on features"
            )
        return self.network

    @property
    def linear_head(self) -> LinearHead:
        """The source's head, if it is a linear one; else ``UsageError``."""
        if not isinstance(self.head, LinearHead) or self.head.kind != "linear":
            raise UsageError(
                f"adapting: this method moves a linear head, the source has one of kind {self.head.kind!r}; fit the "
                "source with linear-probe, or use a method that fits its own head (coral)"
            )
        return self.head

    @property
    def source_prior(self) -> Array:
        """(classes,) how frequent each class was at the source."""
        if self.source is not None:
            counts = np.bincount(self.source.labels, minlength=self.n_classes)
            return np.asarray(counts / counts.sum())
        return np.full(self.n_classes, 1 / self.n_classes) if self.prior is None else self.prior

    @property
    def before(self) -> Array:
        """(m, classes) what the source's head says of the target."""
        return self.head.answers(Bags.single(self.target.features))


@dataclass(frozen=True)
class Adapted:
    """What an adaptation gives back. ``head`` acts on pooled features of the (new) backbone; ``backbone_state`` is
    ``None`` where the backbone is unchanged. ``probability`` (m, classes): what it says of the target cases.
    ``collapsed``: why this is likely to be worse than nothing, by the method's own detector; ``None`` where it sees
    nothing. ``history`` and ``facts`` are plain data for the report. ``moved`` gives the features as the model reads
    them, where the method moves any. ``held_out`` (n, classes): chances of the source's cases, each by a model fitted
    without its label; ``None`` where there are none."""

    head: Head
    probability: Array
    backbone_state: dict[str, NDArray[Any]] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    collapsed: str | None = None
    moved: Callable[[], Moved] | None = field(default=None, repr=False, compare=False)
    held_out: Array | None = field(default=None, repr=False, compare=False)

    @classmethod
    def on_features(
        cls,
        head: Head,
        pair: Pair,
        *,
        history: list[dict[str, Any]] | None = None,
        facts: dict[str, Any] | None = None,
        moved: Callable[[], Moved] | None = None,
        held_out: Array | None = None,
    ) -> Adapted:
        """With the answers of ``head`` on the features of the pair; the first rows of ``held_out`` are the source's."""
        told = None if held_out is None else held_out[: len(pair.seen_source.features)]
        answers = head.answers(Bags.single(pair.target.features))
        return cls(head, answers, None, history or [], facts or {}, None, moved, told)


class Adaptation(Protocol):
    """One way to adapt; see the module. ``uses_labels``: it learns from labelled target cases, where there are some.
    ``same_shares``: it takes a difference of class shares for one of pictures, and may harm under label shift."""

    name: ClassVar[str]
    paper: ClassVar[str]
    needs: ClassVar[frozenset[Need]]
    uses_labels: ClassVar[bool]
    same_shares: ClassVar[bool]
    cost: ClassVar[str]
    Config: ClassVar[type[BaseModel]]

    def __init__(self, config: Any) -> None: ...

    def adapt(self, pair: Pair) -> Adapted:
        """Bring the source's model to the target. Raises ``UsageError`` where the pair lacks what it needs."""
        ...


ADAPTATIONS: Registry[type[Adaptation]] = Registry("adaptation")
