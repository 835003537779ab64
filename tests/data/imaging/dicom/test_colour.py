"""Every colour twin has the same colours: exactly, or within what its encoding rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgraft.data.imaging.dicom.colour import is_colour
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.twins.colour import colour_truth, colour_twins, ybr_of
from medgraft.data.phantom.twins.twin import Twin

TWINS = list(colour_twins())


def halved(rgb: np.ndarray) -> np.ndarray:
    """The truth with the colour of every second column taken from its left neighbour, by the inverse matrix."""
    ybr = ybr_of(rgb)
    ybr[:, 1::2, 1:] = ybr[:, ::2, 1:]
    matrix = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
    return np.clip((ybr - [0, 128, 128]) @ matrix.T, 0, 255)


@pytest.mark.parametrize("twin", TWINS, ids=[twin.name for twin in TWINS])
def test_colours(tmp_path: Path, twin: Twin) -> None:
    (tmp_path / "twin.dcm").write_bytes(twin.data)
    image = ImageReader().read(tmp_path / "twin.dcm", twin.member)
    wanted = halved(colour_truth()) if "422" in twin.name else colour_truth().astype(float)
    levels = np.moveaxis(image.shown(), 0, 2) * 255.0
    assert np.abs(levels - wanted).max() <= twin.tolerance + 1e-4


def test_there_are_enough() -> None:
    assert len(TWINS) >= 30


@pytest.mark.parametrize(("name", "wanted"), [("RGB", True), ("YBR_ICT", True), ("MONOCHROME2", False), ("", False)])
def test_what_is_colour(name: str, wanted: bool) -> None:
    assert is_colour(name) is wanted
