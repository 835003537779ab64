"""Folders of pictures and masks are known by their names, also inside the parts of a split."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.mask_folders import holds_masks, is_divided, sides_of


def make(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("names", "sides"),
    [
        (["images", "masks"], [("images", "masks", None)]),
        (["imagesTr", "labelsTr", "quirks"], [("imagesTr", "labelsTr", None)]),
        (["imagesTr", "labelsTr", "imagesTs"], [("imagesTr", "labelsTr", None)]),
        (
            ["imagesTr", "labelsTr", "imagesTs", "labelsTs"],
            [("imagesTr", "labelsTr", "train"), ("imagesTs", "labelsTs", "test")],
        ),
        (
            ["Train/images", "Train/masks", "valid/images", "valid/masks"],
            [("Train/images", "Train/masks", "train"), ("valid/images", "valid/masks", "val")],
        ),
        (["images", "benign"], []),
        (["images", "masks", "labels"], []),
        (["benign/images", "benign/masks"], []),
    ],
)
def test_names(tmp_path: Path, names: list[str], sides: list[tuple[str, str, str | None]]) -> None:
    make(tmp_path, *names)
    found = [
        (side.images.relative_to(tmp_path).as_posix(), side.masks.relative_to(tmp_path).as_posix(), side.split)
        for side in sides_of(tmp_path)
    ]
    assert found == sides
    assert holds_masks(tmp_path) == bool(sides)


def test_a_file_holds_no_masks(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    assert not holds_masks(tmp_path / "a.png")


def test_divided_is_what_lies_in_parts_only(tmp_path: Path) -> None:
    assert is_divided(make(tmp_path / "a", "train", "test"))
    assert not is_divided(make(tmp_path / "b", "train", "other"))
    assert not is_divided(make(tmp_path / "c"))
