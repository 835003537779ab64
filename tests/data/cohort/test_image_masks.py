"""Pictures and masks by stem: pairs are cases, whatever is alone is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medgraft.data.cohort.image_masks import resolve_image_masks
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
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
    assert {Path(item.path).name[:15]: item.reason for item in cohort.quarantined} == {
        "hippocampus_118": "it has no mask of its name in labelsTr",
        "hippocampus_010": "it is a mask without a picture of its name in imagesTr",
        "hippocampus_281": "it is a mask without a picture of its name in imagesTr",
    }
