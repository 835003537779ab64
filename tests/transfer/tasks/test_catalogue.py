"""The task that ``labels.json`` names."""

from __future__ import annotations

import pytest

from medgraft.transfer.tasks.catalogue import task_of


def test_kinds():
    for kind, labels, positive in (
        ("binary", ("a", "b"), "b"),
        ("multiclass", ("a", "b", "c"), None),
        ("multi-label", ("a", "b"), None),
    ):
        task = task_of(kind, labels, positive)
        assert (task.kind, task.labels, task.positive) == (kind, labels, positive)
    with pytest.raises(KeyError, match="no-such-kind"):
        task_of("no-such-kind", ("a",), None)
