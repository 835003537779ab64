"""The contract of a source task: how the weights of a backbone are made from many pictures.

A pretext is a class with a ``name`` (its key in ``PRETEXTS``), a closed pydantic ``Config`` (``kind`` literal equal to
the name), ``needs_labels``, and ``train(given) -> Made``. What it puts on the backbone to learn by (a head, a
projector) is thrown away: the outcome is a plain state of the bare backbone, which the weights store keeps like any
other. All of them train through the one loop, so that each can be killed and goes on bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.progress import Progress
from medgraft.registry import Registry

if TYPE_CHECKING:
    from medgraft.source.backbones.backbone import Backbone

__all__ = ["PRETEXTS", "Given", "Made", "Pretext", "PretextConfig"]


class PretextConfig(BaseModel):
    """Options that every source task has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: Annotated[int, Field(ge=1, le=10_000, description="passes over the pictures")] = 20
    batch_size: Annotated[
        int, Field(ge=16, le=4096, description="pictures a step; BatchNorm moves, so not too few")
    ] = 64
    lr: Annotated[
        float | None,
        Field(gt=0, le=1, description="peak learning rate; by default 1e-3 from random weights, 3e-4 from others"),
    ] = None
    weight_decay: Annotated[float, Field(ge=0, le=1, description="AdamW's, on filters and matrices")] = 0.01
    warmup: Annotated[float, Field(ge=0, le=1, description="share of all steps with a rising learning rate")] = 0.1
    clip_norm: Annotated[float, Field(gt=0, description="largest L2 norm of a step's gradient")] = 1.0

    def rate(self, *, from_random: bool) -> float:
        """The peak learning rate, settled."""
        return self.lr or (1e-3 if from_random else 3e-4)


@dataclass(frozen=True)
class Given:
    """What a source task works with: n pictures, in a fixed order.

    ``pixels(rows)`` gives (m, 1 or 3, S, S) float32 in [0, 1]; ``modality`` (n,) says how each was made; ``is_val``
    (n,) bool: judged by, not learnt from; ``labels`` (n,) class indices, zeros where there are none. ``backbone``
    gives its pooled output alone; ``from_random``: its weights are random. ``fingerprint`` names all that decides the
    outcome; ``until``: a time of ``time.monotonic`` by which training ends with what it has.
    """

    backbone: Backbone
    pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    modality: Sequence[str]
    is_val: NDArray[np.bool_]
    labels: NDArray[np.int64]
    n_classes: int
    from_random: bool
    checkpoints: Path
    fingerprint: str
    seed: int = 0
    device: str = "cpu"
    until: float | None = None
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True)
class Made:
    """``state``: the bare backbone's state dict, in numpy; ``epochs``: trained so far; ``best_epoch``: the one whose
    weights these are, 0 for the weights of the start."""

    state: dict[str, NDArray[Any]] = field(repr=False)
    history: list[dict[str, Any]]
    best_epoch: int
    facts: dict[str, Any]

    @property
    def epochs(self) -> int:
        """How many were trained."""
        return len(self.history) - 1


class Pretext(Protocol):
    """See the module."""

    name: ClassVar[str]
    needs_labels: ClassVar[bool]
    Config: ClassVar[type[PretextConfig]]

    def __init__(self, config: Any) -> None: ...

    @property
    def config(self) -> PretextConfig:
        """Its settings."""
        ...

    def train(self, given: Given) -> Made:
        """Make the weights. Raises ``UsageError`` where training diverges."""
        ...


PRETEXTS: Registry[type[Pretext]] = Registry("pretraining method")
