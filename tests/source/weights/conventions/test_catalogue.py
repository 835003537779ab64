"""The contract of every registered convention: plain data that does not contradict another's."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from medgraft.source.weights.conventions.catalogue import CONVENTIONS


@pytest.mark.parametrize("name", CONVENTIONS)
def test_plain_data_that_holds(name: str) -> None:
    convention = CONVENTIONS.get(name)
    assert convention.about
    assert all(prefix.endswith(".") and len(prefix) > 1 for prefix in convention.prefixes)
    for pattern, replacement in convention.renames:
        assert re.sub(pattern, replacement, "layer1.0.conv1.weight") == "layer1.0.conv1.weight"
    assert all(start and what for start, what in convention.beside)
    if convention.input is not None:
        assert convention.input.std > 0 and convention.input.size > 0


def test_a_container_or_a_prefix_is_one_conventions() -> None:
    for member in ("containers", "prefixes"):
        counts = Counter(item for _, convention in CONVENTIONS.items() for item in getattr(convention, member))
        assert not [item for item, number in counts.items() if number > 1]


def test_torchxrayvisions_range() -> None:
    """Its ``normalize``: p in [0, 1] to (2 p - 1) * 1024."""
    taken = CONVENTIONS.get("torchxrayvision").input
    assert taken is not None
    for pixel in (0.0, 0.25, 0.5, 1.0):
        assert (pixel - taken.mean) / taken.std == (2 * pixel - 1) * 1024
