"""Volumes by their door: each format, one exception, one stack a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import holds_volume, read_volume
from medgraft.data.phantom.twins.volumes import volume_truth, volume_twins
from medgraft.errors import ReaderError

TWINS = {twin.name: twin for twin in volume_twins()}


def laid(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for number, name in enumerate(names):
        for file, content in TWINS[name].files.items():
            (folder / f"{number}-{file}").write_bytes(content)
    return folder


def test_a_series_and_a_nifti_are_one_volume(tmp_path: Path) -> None:
    series = laid(tmp_path / "series", "series-coronal-shuffled")
    (series / "notes.txt").write_text("side files are passed over")
    nifti = next(laid(tmp_path / "nifti", "nifti-201-fhf").iterdir())
    values, affine = volume_truth()
    for place in (series, nifti):
        assert holds_volume(place)
        volume = read_volume(place, ImageReader().read).canonical()
        np.testing.assert_array_equal(volume.values[0], values)
        np.testing.assert_allclose(volume.affine, affine, atol=1e-4)


def test_two_stacks_in_a_folder_are_refused(tmp_path: Path) -> None:
    folder = laid(tmp_path / "two", "series-axial-in-order", "series-coronal-in-order")
    with pytest.raises(ReaderError, match="2 stacks"):
        read_volume(folder, ImageReader().read)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.png"])
def test_one_exception(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(ReaderError):
        read_volume(tmp_path / name, ImageReader().read)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReaderError, match="no DICOM file"):
        read_volume(tmp_path / "empty", ImageReader().read)


def test_each_quirk_of_the_hippocampus_set_is_read(test_data: Path) -> None:
    files = sorted((test_data / "msd_hippocampus" / "quirks").glob("*.nii.gz"))
    assert len(files) == 3
    for file in files:
        volume = read_volume(file, ImageReader().read)
        told = any("looks like a mask" in finding for finding in volume.findings)
        assert told == file.name.startswith("label")


def test_pictures_are_not_taken_for_masks(test_data: Path) -> None:
    for file in sorted((test_data / "msd_hippocampus" / "imagesTr").glob("*.nii.gz"))[:40]:
        assert not read_volume(file, ImageReader().read).findings


@pytest.mark.parametrize(("name", "wanted"), [("a.nii", True), ("A.NII.GZ", True), ("a.gz", False), ("nii", False)])
def test_names(name: str, wanted: bool) -> None:
    assert holds_volume(Path(name)) is wanted
