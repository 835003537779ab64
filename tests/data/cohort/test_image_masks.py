"""Pictures and masks by stem: pairs are cases, whatever is alone is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.cohort.cohort import Cohort, masks_of
from medgraft.data.cohort.image_masks import resolve_image_masks
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import read_volume
from medgraft.data.outlines.mask_file import read_mask
from medgraft.home import Home


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


@pytest.mark.parametrize(("images", "masks"), [("images", "masks"), ("imagesTr", "labelsTr"), ("Images", "labels")])
def test_what_has_no_counterpart_is_named(tmp_path: Path, images: str, masks: str) -> None:
    put(tmp_path, f"{images}/a.png", f"{images}/b.nii.gz", f"{images}/lonely.png")
    put(tmp_path, f"{masks}/a.tif", f"{masks}/B.nii.gz", f"{masks}/orphan.png")
    found = resolve_image_masks(tmp_path, CohortOptions())
    assert not isinstance(found, str)
    assert not found.labelled
    problems = {draft.path.name: draft.problem for draft in found.drafts}
    assert problems == {
        "a.png": None,
        "b.nii.gz": None,
        "lonely.png": f"it has no mask of its name in {masks}",
        "orphan.png": f"it is a mask without a picture of its name in {images}",
    }


def test_other_folders_are_not_taken_for_it(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png", "benign/a.png")
    assert isinstance(resolve_image_masks(tmp_path, CohortOptions()), str)


def test_each_quirk_of_the_hippocampus_set_is_named_with_its_fault(tmp_path: Path, test_data: Path) -> None:
    """The traps put back where they were in their set: an image without label, two labels without image."""
    source = test_data / "msd_hippocampus"
    for folder, names in (("imagesTr", ("001", "003")), ("labelsTr", ("001", "003"))):
        (tmp_path / "d" / folder).mkdir(parents=True)
        for name in names:
            shutil.copy(source / folder / f"hippocampus_{name}.nii.gz", tmp_path / "d" / folder)
    for quirk in (source / "quirks").iterdir():
        folder = "imagesTr" if quirk.name.startswith("image_") else "labelsTr"
        shutil.copy(quirk, tmp_path / "d" / folder / quirk.name[quirk.name.index("hippocampus") :])
    cohort = read_cohort(tmp_path / "d", CohortOptions(), home=Home(tmp_path / "home"), reader=ImageReader())
    assert len(cohort) == 2
    assert (cohort.classes, cohort.table["outlined"].tolist()) == (("1", "2"), ["1 + 2"] * 2)
    assert {Path(item.path).name[:15]: item.reason for item in cohort.quarantined} == {
        "hippocampus_118": "it has no mask of its name in labelsTr",
        "hippocampus_010": "it is a mask without a picture of its name in imagesTr",
        "hippocampus_281": "it is a mask without a picture of its name in imagesTr",
    }


def pairs_of(folder: Path, **options: object) -> dict[str, tuple[str, ...]]:
    found = resolve_image_masks(folder, CohortOptions.model_validate(options))
    assert not isinstance(found, str)
    return {
        draft.path.relative_to(folder).as_posix(): tuple(mask.relative_to(folder).as_posix() for mask in draft.masks)
        or (draft.problem or "",)
        for draft in found.drafts
    }


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/a.jpg", "masks/a_mask.png"),
        ("images/a (1).png", "masks/a (1)_segmentation.png"),
        ("imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"),
        ("images/p1/a.png", "masks/p1/a.png"),
        ("images/p1/1.dcm", "masks/p1.dcm"),
    ],
)
def test_names_that_belong_together(tmp_path: Path, image: str, mask: str) -> None:
    assert pairs_of(put(tmp_path, image, mask)) == {image: (mask,)}


def test_the_exact_name_goes_before_a_longer_one(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png", "images/a_mask.png", "masks/a.png", "masks/a_mask.png")
    assert pairs_of(tmp_path) == {"images/a.png": ("masks/a.png",), "images/a_mask.png": ("masks/a_mask.png",)}


def test_two_masks_of_one_name_are_told(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png", "masks/a.png", "masks/a.tif")
    assert pairs_of(tmp_path) == {"images/a.png": ("2 masks have its name in masks; keep one",)}


def test_one_folder_a_class(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png", "images/b.png", "masks/Vein/a.png", "masks/Artery/a.png", "masks/Vein/b.png")
    put(tmp_path, "masks/Vein/c.png", "masks/b.png")
    assert pairs_of(tmp_path) == {
        "images/a.png": ("masks/Artery/a.png", "masks/Vein/a.png"),
        "images/b.png": ("masks/Vein/b.png",),
        "masks/Vein/c.png": ("it is a mask without a picture of its name in images",),
        "masks/b.png": ("it is a mask beside the folders of the classes",),
    }
    found = resolve_image_masks(tmp_path, CohortOptions())
    assert not isinstance(found, str)
    assert found.by_folder


@pytest.mark.parametrize("above", [True, False])
def test_parts_of_a_split_above_and_below(tmp_path: Path, above: bool) -> None:
    for part in ("train", "validation", "test"):
        for kind in ("images", "masks"):
            put(tmp_path, f"{part}/{kind}/a.png" if above else f"{kind}/{part}/a.png")
    found = resolve_image_masks(tmp_path, CohortOptions())
    assert not isinstance(found, str)
    assert {draft.split: len(draft.masks) for draft in found.drafts} == {"train": 1, "val": 1, "test": 1}
    assert found.kind == "pictures and masks, 3 pairs, with their split"


def test_a_folder_of_texts_is_no_masks(tmp_path: Path) -> None:
    """As detection programs have it: labels/a.txt."""
    put(tmp_path, "images/a.png", "labels/a.txt")
    assert resolve_image_masks(tmp_path, CohortOptions()) == (
        "pictures and masks (DATA/images and DATA/masks); labels holds no masks"
    )


def test_classification_leaves_the_masks_alone(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png", "masks/a.png")
    found = resolve_image_masks(tmp_path, CohortOptions(task="classification"))
    assert not isinstance(found, str)
    assert (found.target, found.drafts[0].masks) == ("labels", ())


@pytest.mark.parametrize("place", ["dataset.json", "masks/labels.json", "classes.json"])
def test_names_that_a_file_declares(
    tmp_path: Path,
    paint: Callable[..., Path],
    square: Callable[..., np.ndarray],
    outlined: Callable[..., Cohort],
    place: str,
) -> None:
    paint(tmp_path / "images" / "a.png")
    paint(tmp_path / "masks" / "a.png", square(1))
    (tmp_path / place).write_text(
        json.dumps({"labels": {"0": "background", "1": "anterior", "2": "posterior"}}), "utf-8"
    )
    cohort = outlined(tmp_path)
    assert cohort.classes == ("anterior", "posterior")
    assert cohort.table["outlined"].tolist() == ["anterior"]


def test_isbi(test_data: Path, outlined: Callable[..., Cohort]) -> None:
    cohort = outlined(test_data / "isbi2012", mask_values={"0": "membrane", "255": "background"})
    assert (len(cohort), cohort.target, cohort.classes) == (30, "masks", ("membrane",))
    assert cohort.kind == "pictures and masks, 30 pairs"
    assert [path.name for path in masks_of(cohort.table["mask"].iloc[3])] == ["03.png"]
    assert cohort.table["label"].isna().all()
    assert outlined(test_data / "isbi2012").classes == ("foreground",)


def test_series_and_their_segmentations(tmp_path: Path, test_data: Path, outlined: Callable[..., Cohort]) -> None:
    """A folder of slices is one case, and the mask of its name is its own."""
    source = test_data / "dicom" / "dcmqi" / "segmentations"
    shutil.copytree(source / "23x38x3" / "image", tmp_path / "d" / "images" / "one")
    shutil.copytree(source / "24x38x3" / "image", tmp_path / "d" / "images" / "two")
    (tmp_path / "d" / "masks").mkdir()
    shutil.copy(source / "23x38x3" / "seg" / "label.seg.dcm", tmp_path / "d" / "masks" / "one.dcm")
    shutil.copy(source / "24x38x3" / "seg" / "label.seg.dcm", tmp_path / "d" / "masks" / "two.dcm")
    cohort = outlined(tmp_path / "d")
    assert [Path(path).name for path in cohort.table["path"]] == ["one", "two"]
    assert (cohort.classes, cohort.table["member"].tolist()) == (("Liver",), ["*", "*"])
    assert cohort.legend is not None
    pytest.importorskip("highdicom")
    like = read_volume(Path(cohort.table["path"].iloc[0]), ImageReader().read)
    ids = read_mask(masks_of(cohort.table["mask"].iloc[0]), cohort.legend, like)
    assert int((ids == 1).sum()) == 322
