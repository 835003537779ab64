"""Every layout holds the same pictures, and the table joins the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image

from medgraft.data.phantom.cohort import write_phantom
from medgraft.data.phantom.layouts import LAYOUTS


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("phantom")
    return {
        layout: write_phantom(root / layout, patients=6, images_per_patient=(1, 2), size=64, layout=layout)
        for layout in LAYOUTS
    }


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_all_layouts_are_known(written: dict[str, Path]) -> None:
    assert set(written) == {"table", "folders", "dicom"}
    for folder in written.values():
        assert "SYNTHETIC" in (folder / "README.txt").read_text()


@pytest.mark.parametrize("layout", ["table", "dicom"])
def test_the_table_joins_pictures_masks_and_boxes(written: dict[str, Path], layout: str) -> None:
    folder = written[layout]
    table, boxes = pd.read_csv(folder / "table.csv"), pd.read_csv(folder / "boxes.csv")
    assert table["path"].is_unique and set(table["label"]) == {"clear", "nodule"}
    assert len(list((folder / "images").iterdir())) == len(list((folder / "masks").iterdir())) == len(table)
    for row in table.itertuples():
        mask = _pixels(folder / str(row.mask))
        own = boxes[boxes["stem"] == Path(str(row.path)).stem]
        assert (folder / str(row.path)).is_file() and set(np.unique(mask)) <= {0, 255}
        assert len(own) == row.nodules and mask.any() == (row.label == "nodule")
        assert np.isnan(row.radius_mm) == (row.label == "clear")
        for box in own.itertuples():
            assert mask[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)].any()


def test_dicom_and_png_hold_the_same_pixels(written: dict[str, Path]) -> None:
    for path in (written["table"] / "images").iterdir():
        dataset = pydicom.dcmread(written["dicom"] / "images" / f"{path.stem}.dcm")
        stored = dataset.pixel_array
        shown = 4095 - stored if dataset.PhotometricInterpretation == "MONOCHROME1" else stored
        np.testing.assert_array_equal(shown, _pixels(path))


def test_class_folders_hold_the_same_files_and_no_table(written: dict[str, Path]) -> None:
    table = pd.read_csv(written["table"] / "table.csv")
    for row in table.itertuples():
        name = Path(str(row.path)).name
        twin = written["folders"] / str(row.label) / name
        assert twin.read_bytes() == (written["table"] / "images" / name).read_bytes()
    assert not list(written["folders"].rglob("*.csv"))
