"""Files in natural order; litter and side files out; loops once."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from medgraft.data.cohort.walk import is_side_file, natural_key, split_of_name, walk


@given(st.lists(st.text(alphabet="ab019 ²x", max_size=8), max_size=8))
def test_natural_order_is_total(names: list[str]) -> None:
    assert sorted(sorted(set(names), key=natural_key, reverse=True), key=natural_key) == sorted(
        set(names), key=natural_key
    )


def test_numbers_count() -> None:
    assert sorted(["a10", "a2", "a02", "b1", "a"], key=natural_key) == ["a", "a02", "a2", "a10", "b1"]


def test_walk(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    for name in ("a/IM0001", "a/1.nii.gz", "a/x.png", "__MACOSX/x.png", "Thumbs.db", "DICOMDIR", "b.csv", "c.CSV"):
        (tmp_path / name).write_bytes(b"")
    found = walk(tmp_path)
    assert [file.name for file in found.files] == ["1.nii.gz", "IM0001", "x.png"]
    assert found.note() == ("files that are not pictures were left out: 2 .csv",)


def test_names() -> None:
    assert [split_of_name(name) for name in ("TRAIN", "Validation", "dev", "testing", "tests")] == [
        *("train", "val", "val", "test"),
        None,
    ]
    assert is_side_file("notes.TXT")
    assert not is_side_file("scan.nii.gz")
