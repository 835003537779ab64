"""Names are unique, and each way of writing is there."""

from __future__ import annotations

from medgraft.data.phantom.twins.colour import colour_twins


def test_each_has_a_name_of_its_own() -> None:
    twins = list(colour_twins())
    assert len({twin.name for twin in twins}) == len(twins)
    assert all(twin.files for twin in twins)
