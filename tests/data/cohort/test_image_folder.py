"""Pictures without labels."""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.image_folder import resolve_image_folder
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found


def test_folder_and_file(tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    found = resolve_image_folder(tmp_path, CohortOptions())
    assert isinstance(found, Found)
    assert len(found.drafts) == 2
    assert not found.labelled
    assert isinstance(resolve_image_folder(tmp_path / "1.png", CohortOptions()), Found)
    assert resolve_image_folder(tmp_path / "notes.txt", CohortOptions()) == "pictures"
