"""The contract of an engine: what computes a frozen backbone's features of prepared pixels.

An engine maps prepared pixels (C, S, S) float32 in [0, 1] to pooled features (d,) float32, one image independent of
the others; of an inflated backbone, a volume (D, C, S, S). Its ``identity`` (name and version) is part of every cache
key. An engine that cannot be had (not installed, or its features differ from eager PyTorch by more than the fidelity
bound) raises ``EngineUnavailable`` when it is built, and the next in ``ENGINES`` takes over, with a notice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import MedgraftError, WeightsError
from medgraft.home import Home
from medgraft.registry import Registry
from medgraft.source.backbones.backbone import Backbone
from medgraft.source.backbones.joined import JoinedBackbone

__all__ = ["ENGINES", "Engine", "EngineKind", "EngineUnavailable", "Job", "Sink", "first_that_works"]

T = TypeVar("T")
Sink = Callable[[int, NDArray[np.float32]], None]
"""Takes a row number and its features; may be called from another thread, in any order."""


class EngineUnavailable(MedgraftError):  # noqa: N818  (a state that the next engine mends, not a mistake)
    """This engine cannot run this network here; the message says why."""


@dataclass(frozen=True)
class Job:
    """What an engine is built for. ``state`` are weights (numpy, by name) that replace the source's own; those of a
    joined backbone's parts are named ``0.…``, ``1.…``."""

    backbone: Backbone
    checksum: str
    channels: int
    size: int
    home: Home
    device: str = "cpu"
    state: Mapping[str, Any] | None = field(default=None, repr=False)

    def identity(self) -> str:
        """What the numbers of a built network depend on, as text: part of every cache key.

        Mean, std and readout belong to it: the same weights' file may be registered or imported again with other ones.
        """
        if isinstance(self.backbone, JoinedBackbone):
            return json.dumps([part.identity() for part in self.parts()])
        facts = self.backbone.facts
        network = [facts.name, self.checksum, self.channels, list(facts.mean), list(facts.std), facts.readout]
        return json.dumps([*network, "inflated"] if facts.inflated else network)

    def parts(self) -> tuple[Job, ...]:
        """One job a part of a joined backbone, each as it is alone; else itself."""
        if not isinstance(self.backbone, JoinedBackbone):
            return (self,)
        return tuple(
            replace(self, backbone=part, checksum=part.facts.checksum, state=self._state_of(number))
            for number, part in enumerate(self.backbone.parts)
        )

    def _state_of(self, number: int) -> dict[str, Any] | None:
        prefix = f"{number}."
        if self.state is None:
            return None
        return {name.removeprefix(prefix): value for name, value in self.state.items() if name.startswith(prefix)}


class Engine(Protocol):
    """A backbone made ready to run. ``facts`` are plain data for the record (fidelity, precision, …)."""

    facts: dict[str, Any]

    def run(self, images: Iterable[tuple[int, NDArray[np.float32]]], sink: Sink) -> None:
        """Feed (row, pixels (C, S, S)) through; every row reaches ``sink`` before this returns."""
        ...


class EngineKind(Protocol):
    """How an engine is named, whether it is here, what it serves, and how it is built."""

    name: str

    def installed(self) -> bool:
        """Whether the library behind it is here; without importing it."""
        ...

    def serves(self, job: Job) -> bool:
        """Whether it is for such a backbone (network or descriptors, pictures or volumes) and such a device."""
        ...

    def version(self) -> str:
        """Version of the library behind it; without importing it."""
        ...

    def build(self, job: Job) -> Engine:
        """Make it ready. Raises ``EngineUnavailable``."""
        ...


ENGINES: Registry[EngineKind] = Registry("engine")
"""In the order in which they are tried."""


def first_that_works(
    job: Job, asked: str, use: Callable[[EngineKind], T], *, notice: Callable[[str], None] | None = None
) -> T:
    """What ``use`` gives of the first engine that serves the job and is not ``EngineUnavailable``. ``asked``: ``auto``,
    or the name of one. ``notice`` is told of each that is passed over. Raises ``WeightsError`` where none works."""
    problems = []
    for kind in [ENGINES.get(asked)] if asked != "auto" else [kind for _, kind in ENGINES.items()]:
        if not (kind.installed() and kind.serves(job)):
            problems.append(f"{kind.name}: not for this backbone and device, or not installed")
            continue
        try:
            return use(kind)
        except EngineUnavailable as error:
            problems.append(f"{kind.name}: {error}")
            if notice is not None:
                notice(f"the engine {kind.name} cannot be used here: {error}")
    raise WeightsError(f"no engine can run {job.backbone.facts.name} on {job.device}: {'; '.join(problems)}")
