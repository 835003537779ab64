"""What SimpleITK writes comes back, value by value and place by place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgraft.data.imaging.itk import read_itk
from medgraft.errors import ReaderError


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha"])
def test_there_and_back(tmp_path: Path, name: str) -> None:
    itk = pytest.importorskip("SimpleITK")
    values = np.random.default_rng(0).integers(-500, 500, (4, 5, 6)).astype(np.int16)
    image = itk.GetImageFromArray(values)
    image.SetSpacing((0.5, 0.75, 2.0))
    image.SetOrigin((1, 2, 3))
    itk.WriteImage(image, str(tmp_path / name))
    volume = read_itk(tmp_path / name, 1000)
    np.testing.assert_array_equal(volume.values[0], values)
    assert volume.spacing == (2.0, 0.75, 0.5)
    place = image.TransformIndexToPhysicalPoint((5, 3, 2))
    np.testing.assert_allclose(volume.index_to_mm(np.array([[2, 3, 5]]))[0], [-place[0], -place[1], place[2]])
    with pytest.raises(ReaderError, match="million are allowed"):
        read_itk(tmp_path / name, 10)


def test_what_is_no_volume(tmp_path: Path) -> None:
    itk = pytest.importorskip("SimpleITK")
    itk.WriteImage(itk.Image([4, 4], itk.sitkUInt8), str(tmp_path / "flat.mha"))
    with pytest.raises(ReaderError, match="three axes"):
        read_itk(tmp_path / "flat.mha", 1000)
