"""The ways to read DATA are tried in the order that the interfaces promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolve import RESOLVERS, resolve
from medgraft.errors import CohortError


def test_order() -> None:
    assert list(RESOLVERS) == ["npz", "table", "image-masks", "boxes", "class-folders", "image-folder"]


def test_the_message_says_what_was_wrong_with_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,label\ngone.png,a\n", "utf-8")
    with pytest.raises(CohortError, match=r"t\.csv: none of the 1 files in its column 'path' is there"):
        resolve(tmp_path, CohortOptions())
