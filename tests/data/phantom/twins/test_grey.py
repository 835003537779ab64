"""Names are unique, and each way of writing is there."""

from __future__ import annotations

from medgraft.data.phantom.twins.grey import grey_twins


def test_each_has_a_name_of_its_own() -> None:
    twins = list(grey_twins())
    assert len({twin.name for twin in twins}) == len(twins)
    assert all(twin.files for twin in twins)
