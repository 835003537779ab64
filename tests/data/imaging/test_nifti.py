"""NIfTI twins are one volume; faults of a header are named; what is no volume is refused."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from medgraft.data.imaging.nifti import nifti_place, nifti_values, read_nifti
from medgraft.data.phantom.twins.twin import Twin
from medgraft.data.phantom.twins.volumes import volume_truth, volume_twins
from medgraft.errors import ReaderError

TWINS = [twin for twin in volume_twins() if "nifti" in twin.traits]


def saved(folder: Path, values: np.ndarray, affine: np.ndarray | None = None, name: str = "a.nii.gz") -> Path:
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4) if affine is None else affine), folder / name)
    return folder / name


@pytest.mark.parametrize("twin", TWINS, ids=[twin.name for twin in TWINS])
def test_one_volume(tmp_path: Path, twin: Twin) -> None:
    ((name, content),) = twin.files.items()
    (tmp_path / name).write_bytes(content)
    volume = read_nifti(tmp_path / name, 10**6)
    values, affine = volume_truth()
    found = volume.canonical()
    np.testing.assert_array_equal(found.values[0], values)
    np.testing.assert_allclose(found.affine, affine, atol=1e-4)
    assert [text[:27] for text in volume.findings] == (
        ["sform and qform disagree by"] if "conflict" in twin.traits else []
    )


def test_no_geometry_is_unknown(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), None)
    nibabel.save(image, tmp_path / "a.nii")
    volume = read_nifti(tmp_path / "a.nii", 100)
    assert volume.affine is None
    assert volume.findings == ("neither sform nor qform is set: its orientation is unknown",)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_voxels_that_are_not_finite(tmp_path: Path, bad: float) -> None:
    values = np.zeros((3, 3, 3), np.float32)
    values[1, 1, 1] = bad
    with pytest.raises(ReaderError, match="1 of its 27 voxels"):
        read_nifti(saved(tmp_path, values), 100)


def test_more_voxels_than_allowed_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="million are allowed"):
        read_nifti(saved(tmp_path, np.zeros((9, 9, 9), np.uint8)), 100)


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 3, 2), (3, 3, 3, 2, 2)])
def test_what_is_no_single_volume(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ReaderError, match="one volume"):
        read_nifti(saved(tmp_path, np.zeros(shape, np.uint8)), 1000)
    assert read_nifti(saved(tmp_path, np.zeros((3, 3, 3, 1), np.uint8)), 100).values.shape == (1, 3, 3, 3)


def test_complex_voxels(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="real numbers"):
        read_nifti(saved(tmp_path, np.zeros((3, 3, 3), np.complex64)), 100)


def test_colour_is_three_channels(tmp_path: Path) -> None:
    stored = np.zeros((2, 3, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    stored["G"] = 7
    volume = read_nifti(saved(tmp_path, stored), 100)
    assert volume.values.shape == (3, 2, 3, 4)
    assert volume.values[1].min() == 7


def test_every_volume_of_the_hippocampus_set_is_read(test_data: Path) -> None:
    files = sorted((test_data / "msd_hippocampus" / "imagesTr").glob("*.nii.gz"))[::20]
    for file in files:
        volume = read_nifti(file, 10**7)
        assert volume.spacing == pytest.approx((1, 1, 1))
        assert volume.high > volume.low
    assert files


def test_values_and_place_alone_are_those_of_the_volume(tmp_path: Path) -> None:
    affine = np.array([[0, 2.0, 0, 1], [1.5, 0, 0, 2], [0, 0, 3.0, 3], [0, 0, 0, 1]])
    image = nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5, 1), affine)
    image.header.set_slope_inter(0.5, -1.0)
    nibabel.save(image, tmp_path / "a.nii.gz")
    whole = read_nifti(tmp_path / "a.nii.gz", 100)
    values, place = nifti_values(tmp_path / "a.nii.gz", 100)
    assert np.array_equal(values, whole.values)
    assert np.array_equal(place, whole.affine)
    assert nifti_place(tmp_path / "a.nii.gz")[0] == (3, 4, 5)
    assert np.array_equal(nifti_place(tmp_path / "a.nii.gz")[1], whole.affine)
