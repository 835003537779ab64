"""One case of the phantom cohort: who, where, what is known, and how to take its picture again.

The cohort's plan is a list of these; every writer gets the same list.
"""

from __future__ import annotations

from dataclasses import dataclass

from medgraft.data.phantom.acquisition import Site
from medgraft.data.phantom.nodule import Nodule
from medgraft.data.phantom.radiograph import Radiograph

__all__ = ["LABELS", "NOTICE", "Case"]

LABELS = ("clear", "nodule")

NOTICE = "Synthetic phantom image made by medgraft: computed, not taken of a person. For testing only."


@dataclass(frozen=True)
class Case:
    """A picture of the cohort. ``stem`` names its files; ``patient`` is a synthetic id."""

    stem: str
    patient: str
    site: Site
    nodules: tuple[Nodule, ...]
    picture: Radiograph

    @property
    def label(self) -> str:
        """``nodule`` or ``clear``."""
        return LABELS[bool(self.nodules)]
