"""Names and documents of entries."""

from __future__ import annotations

import pytest

from medgraft.errors import UsageError, WeightsError
from medgraft.source.weights.entry import check_entry_name, entry_from_json


@pytest.mark.parametrize("name", ["../x", ".hidden", "", "a/b", "random", "x" * 101, "a b", "é"])
def test_names_that_are_no_folder_names(name: str) -> None:
    with pytest.raises(UsageError, match="naming a weights entry"):
        check_entry_name(name)


def test_good_names() -> None:
    assert check_entry_name("resnet50.a1_in1k-2") == "resnet50.a1_in1k-2"


def test_a_document_that_does_not_hold() -> None:
    with pytest.raises(WeightsError, match="does not hold"):
        entry_from_json({"name": "a", "unknown": 1}, doing="reading")
