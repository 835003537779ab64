"""The contract of an explanation: a map of a picture that says which places speak for an answer.

What is explained is the *evidence* for a class, its log-odds ``log p / (1 − p)``: unlike a logit it does not depend on
how a head shares a margin among its classes, and unlike a probability it does not flatten where the network is sure.

An explainer asks an ``Explained`` network in numpy, so that a method is arithmetic alone and imports no torch. Its
map is **signed**: positive where a place speaks for the target, negative where it speaks against it. What is shown
and scored is the positive part (see ``speaking_for``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.registry import Registry

__all__ = ["EXPLAINERS", "Explained", "Explainer", "Reading", "make_explainer", "require_gradient", "speaking_for"]


@dataclass(frozen=True)
class Reading:
    """One stage on its own grid: ``values`` (K, h, w) of its K channels, and ``slopes`` (K, h, w), how the evidence
    changes with each through all that follows. ``name`` of the stage."""

    name: str
    values: NDArray[np.float64]
    slopes: NDArray[np.float64]


class Explained(Protocol):
    """A network with its head, from prepared pixels (m, C, S, S) float32 in [0, 1] to evidence."""

    @property
    def no_gradient(self) -> str:
        """Why the last two methods cannot be had; empty where they can."""
        ...

    def evidence(self, pixels: NDArray[np.float32], target: int) -> NDArray[np.float64]:
        """(m,) log-odds of the class ``target``."""
        ...

    def slopes(self, pixels: NDArray[np.float32], target: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Evidence (m,), and how it changes with each pixel (m, C, S, S)."""
        ...

    def readings(self, pixels: NDArray[np.float32], target: int) -> Sequence[Reading]:
        """The stages of one picture (1, C, S, S) that have places which the evidence hears, input first, at least
        one. Stages finer than ``fusing.FINE`` may be left out where there are others: no map is made of them."""
        ...


class Explainer(Protocol):
    """A method. An instance holds its settings and nothing of a picture; a class is made without arguments."""

    name: ClassVar[str]
    summary: ClassVar[str]
    needs_gradient: ClassVar[bool]

    def __call__(self, network: Explained, pixels: NDArray[np.float32], target: int) -> NDArray[np.float32]:
        """(S, S), signed, for one picture (1, C, S, S). Raises ``UsageError`` where it needs a gradient that the
        network does not have."""
        ...


EXPLAINERS: Registry[type[Explainer]] = Registry("explanation method")


def make_explainer(name: str) -> Explainer:
    """The method called ``name`` with its own settings; ``UsageError`` with the nearest name for another."""
    return EXPLAINERS.get(name)()


def require_gradient(network: Explained, method: str) -> None:
    """Raise ``UsageError`` where there is none, with what works."""
    if network.no_gradient:
        working = ", ".join(name for name, kind in EXPLAINERS.items() if not kind.needs_gradient)
        raise UsageError(
            f"explaining with {method}: {network.no_gradient}, so that there is no gradient to follow; these methods "
            f"work: {working} (--explain-method)"
        )


def speaking_for(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """The positive part of a map."""
    return np.maximum(heat, np.float32(0))
