"""Series twins are one volume; series that are more than one stack are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgraft.data.imaging.dicom.series import find_series, series_volume
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.twins.twin import Twin
from medgraft.data.phantom.twins.volumes import volume_truth, volume_twins
from medgraft.errors import ReaderError
from medgraft.types import Modality, Unit

TWINS = [twin for twin in volume_twins() if "nifti" not in twin.traits]


def laid(folder: Path, files: dict[str, bytes]) -> list[tuple[Path, bytes]]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [(folder / name, content) for name, content in files.items()]


@pytest.mark.parametrize("twin", TWINS, ids=[twin.name for twin in TWINS])
def test_one_volume(tmp_path: Path, twin: Twin) -> None:
    (series,), left = find_series(laid(tmp_path, dict(twin.files)))
    volume = series_volume(series, ImageReader().read).canonical()
    values, affine = volume_truth()
    assert left == []
    np.testing.assert_array_equal(volume.values[0], values)
    np.testing.assert_allclose(volume.affine, affine, atol=1e-4)
    assert (volume.unit, volume.modality, volume.findings) == (Unit.HU, Modality.CT, ())


def test_two_orientations_are_two_stacks(tmp_path: Path) -> None:
    axial, coronal = (next(t for t in TWINS if t.name == f"series-{plane}-in-order") for plane in ("axial", "coronal"))
    files = {f"a{name}": content for name, content in axial.files.items()}
    files |= {f"c{name}": content for name, content in coronal.files.items()}
    series, left = find_series(laid(tmp_path, files))
    assert len({one.uid for one in series}) == 1
    assert sorted(len(one.slices) for one in series) == sorted([len(axial.files), len(coronal.files)])
    assert left == []


def test_a_missing_slice_is_found(tmp_path: Path) -> None:
    files = dict(TWINS[0].files)
    del files["004.dcm"]
    (series,), _ = find_series(laid(tmp_path, files))
    volume = series_volume(series, ImageReader().read)
    assert volume.affine is None
    assert "1 slices are missing" in volume.findings[0]


def test_what_says_not_where_it_lies(tmp_path: Path) -> None:
    from medgraft.data.phantom.twins.grey import grey_twins

    series, left = find_series(laid(tmp_path, {"a.dcm": next(grey_twins()).data}))
    assert series == []
    assert "says not where it lies" in left[0][1]


def test_slices_of_two_sizes_are_no_volume(tmp_path: Path) -> None:
    from dataclasses import replace

    reader = ImageReader()
    (series,), _ = find_series(laid(tmp_path, dict(TWINS[0].files)))

    def decode(path: Path, member: str) -> object:
        image = reader.read(path, member)
        return replace(image, pixels=image.pixels[:, 1:]) if path.name == "003.dcm" else image

    with pytest.raises(ReaderError, match="differ in size"):
        series_volume(series, decode)
