"""Class folders, with and without the parts of a split."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.class_folders import labels_by_folder, resolve_class_folders
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found


def _tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/1.png", "b/p/2.png"], [("a", None), ("b", None)]),
        (["Test/a/1.png", "train/b/q/2.png"], [("a", "test"), ("b", "train")]),
        (["benign/1.png", "test/2.png"], [("benign", None), ("test", None)]),
    ],
)
def test_layouts(tmp_path: Path, names: list[str], expected: list[tuple[str, str | None]]) -> None:
    found = resolve_class_folders(_tree(tmp_path, *names), CohortOptions())
    assert isinstance(found, Found)
    assert [(draft.label, draft.split) for draft in found.drafts] == expected
    assert sorted(labels_by_folder(tmp_path).values()) == sorted(label for label, _ in expected)


@pytest.mark.parametrize("names", [["1.png"], ["train/1.png", "test/2.png"], ["images/1.png", "masks/1.png"]])
def test_no_class_folders(tmp_path: Path, names: list[str]) -> None:
    assert labels_by_folder(_tree(tmp_path, *names)) == {}
