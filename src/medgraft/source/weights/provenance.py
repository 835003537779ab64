"""How weights that were made here were made, and which cases they saw: plain data of a sidecar and of the store.

Cases go by their keyed hash (``identity.content_id``), which means nothing outside the house whose key made it; so each
block of seen cases names its house, by a keyed hash too. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from medgraft.home import Home

__all__ = ["Parent", "Pretraining", "Seen", "SourceCohort", "house_of", "merged"]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parent(_Plain):
    """What the training started from. ``weights``: an entry's name, a package's, or ``random``."""

    backbone: str
    weights: str
    checksum: str
    licence: str
    trained_on: str


class SourceCohort(_Plain):
    """One DATA: its display name, the sha256 over its content, and how many of its cases were used."""

    name: str
    digest: str
    cases: int = Field(ge=0)


class Pretraining(_Plain):
    """``minutes``: wall time of training, over all starts; ``cases``: what was seen; ``settings``: the method's own."""

    method: str
    with_labels: bool
    parent: Parent
    cohorts: tuple[SourceCohort, ...]
    cases: int = Field(ge=0)
    epochs: int = Field(ge=0)
    kept_epoch: int = Field(ge=0)
    seed: int
    size: int = Field(gt=0)
    minutes: float = Field(ge=0)
    settings: dict[str, Any] = Field(default_factory=dict)
    measured: dict[str, float | None] = Field(default_factory=dict)

    def told(self) -> str:
        """One sentence."""
        names = " + ".join(cohort.name for cohort in self.cohorts)
        labels = "with labels" if self.with_labels else "without labels"
        how = f"{self.cases} cases, {labels}, {self.kept_epoch} epochs at {self.size} px"
        return f"{self.method} on {names} ({how}), from {self.parent.weights}"


class Seen(_Plain):
    """Keyed hashes of the cases that one house showed to a network, sorted; a case that was seen both ways stands under
    ``with_labels`` alone."""

    house: str
    with_labels: tuple[str, ...] = ()
    without_labels: tuple[str, ...] = ()


def house_of(home: Home) -> str:
    """What a house is called in a record: says whether two records come from one house, and nothing else."""
    return home.keyed_hash("house", "")


def merged(records: Iterable[Seen]) -> tuple[Seen, ...]:
    """One record a house."""
    labelled: dict[str, set[str]] = {}
    unlabelled: dict[str, set[str]] = {}
    for record in records:
        labelled.setdefault(record.house, set()).update(record.with_labels)
        unlabelled.setdefault(record.house, set()).update(record.without_labels)
    return tuple(
        Seen(
            house=house,
            with_labels=tuple(sorted(cases)),
            without_labels=tuple(sorted(unlabelled[house] - cases)),
        )
        for house, cases in labelled.items()
    )
