"""A task from what ``labels.json`` says of it."""

from __future__ import annotations

from collections.abc import Sequence

from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel
from medgraft.transfer.tasks.task import Task

__all__ = ["task_of"]


def task_of(kind: str, labels: Sequence[str], positive: str | None) -> Task:
    """The task of that kind. Raises ``KeyError`` for a kind that is not known."""
    if kind == "multi-label":
        return MultiLabel(tuple(labels))
    if kind in ("binary", "multiclass", "ordinal"):
        return Classification(tuple(labels), positive, ordered=kind == "ordinal")
    raise KeyError(f"task {kind!r}")
