"""The contract of a strategy: how the knowledge of a backbone is carried over to the target task.

A strategy is a class with a ``name`` (its key in ``STRATEGIES``), a closed pydantic ``Config`` (only its
own fields, ``kind`` literal equal to the name) and ``fit(material) -> Transferred``. It sees train and
validation cases only: the material has no test labels. It returns plain data: a head on pooled features,
and new backbone weights where it changed them, so that prediction is one path for all strategies:
pixels → backbone → pooled features → head → probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from medgraft.progress import Progress
from medgraft.registry import Registry
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.head import Head

if TYPE_CHECKING:
    from pydantic import BaseModel

    from medgraft.source.backbones.backbone import Backbone

__all__ = ["STRATEGIES", "Material", "OutOfFold", "Strategy", "Transferred", "tasks_of"]


@dataclass(frozen=True)
class Material:
    """What a strategy may see: the labelled cases of train and validation.

    ``features`` (n, d) float32: pooled features of the unchanged source backbone, one row a case;
    ``labels`` (n,) int class indices, or (n, labels) of 1, 0 and -1 (unknown) where a case has several, named
    ``label_names``; ``ordered``: the classes are grades, from the lowest; ``groups`` (n,) int: cases of one patient or
    one duplicate group share a number and are never separated; ``is_val`` (n,) bool: validation cases (all False where
    there are none);
    ``index`` (n,) int: position of each case in the sorted cohort, from which random draws are seeded;
    ``pixels(rows)`` returns prepared images (len(rows), C, S, S) float32 in [0, 1] for training a network;
    ``backbone`` builds the network. ``checkpoints`` is a private folder for resumable state. ``slices``: the features
    of the slices, where cases are volumes; a volume's row of ``features`` is their mean. ``positive``: index of the
    positive class of two. ``cache``: a folder of the house for what other runs may use again. ``until``: a
    time of ``time.monotonic`` by which training has to come to an end with what it has. ``identity``: text
    that differs wherever pixels, their preparation or the network differ; ``cohort_size``: cases of the whole cohort,
    in which ``index`` counts. ``teacher()`` gives the probabilities (n, classes) of a model that is learnt from.
    ``sites`` (n,) text: where each case comes from, empty where that is not known; ``None``
    where it is known of none.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    is_val: NDArray[np.bool_]
    index: NDArray[np.int64]
    n_classes: int
    pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    backbone: Backbone
    modality: str
    checkpoints: Path
    seed: int = 0
    device: str = "cpu"
    progress: Progress = field(default_factory=Progress)
    slices: Bags | None = None
    positive: int = 1
    cache: Path | None = None
    until: float | None = None
    identity: str = ""
    cohort_size: int | None = None
    teacher: Callable[[], NDArray[np.float64]] | None = None
    label_names: tuple[str, ...] = ()
    ordered: bool = False
    sites: NDArray[np.str_] | None = None

    @property
    def bags(self) -> Bags:
        """The rows of each case: its slices, or itself."""
        return Bags.single(self.features) if self.slices is None else self.slices

    def take(self, rows: NDArray[np.int64]) -> Material:
        """Some of the cases, for a strategy on cached features; a teacher stays behind."""
        return replace(
            self,
            features=self.features[rows],
            slices=None if self.slices is None else self.slices.take(rows),
            labels=self.labels[rows],
            groups=self.groups[rows],
            is_val=self.is_val[rows],
            index=self.index[rows],
            pixels=lambda some: self.pixels(rows[some]),
            teacher=None,
            sites=None if self.sites is None else self.sites[rows],
        )


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold predictions of grouped, repeated cross-validation over the given rows.

    ``probability`` (repeats, n, classes); ``fold`` (repeats, n) int; ``rows`` (n,) positions in the material.
    """

    probability: NDArray[np.float64]
    fold: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Transferred:
    """What a strategy gives back.

    ``head`` acts on pooled features of the (new) backbone. ``backbone_state`` is ``None`` where the backbone is
    unchanged, else its full state dict (numpy arrays by name). ``history`` has one dict a training step of
    interest (a C of the sweep, an epoch) and becomes ``history.csv``. ``facts`` are plain data for the report
    (chosen C, best epoch, minutes, …).
    """

    head: Head
    backbone_state: dict[str, NDArray[Any]] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    out_of_fold: OutOfFold | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Strategy(Protocol):
    """One way to transfer. ``keeps_gallery``: its head holds rows of training cases.
    ``tasks``: kinds of tasks that it can do (see ``tasks_of``).
    ``needs_validation``: it stops or selects on validation cases. ``needs_network``: it trains
    the backbone or asks for its gradients, so that a hand-crafted one will not do. One that has ``needs_parts`` asks
    for several backbones side by side."""

    name: ClassVar[str]
    needs_validation: ClassVar[bool]
    needs_network: ClassVar[bool]
    keeps_gallery: ClassVar[bool]
    Config: ClassVar[type[BaseModel]]

    def __init__(self, config: Any) -> None: ...

    def fit(self, material: Material) -> Transferred:
        """Train on the material; deterministic for one seed and machine; resumable from ``checkpoints``."""
        ...


STRATEGIES: Registry[type[Strategy]] = Registry("strategy")


def tasks_of(strategy: type[Strategy]) -> tuple[str, ...]:
    """Kinds of tasks that a strategy can do: those of one class a case, where it does not say ``tasks``."""
    return tuple(getattr(strategy, "tasks", ("binary", "multiclass", "ordinal")))
