"""The window functions against values worked out by hand from PS3.3 C.11.2.1.2, and against pydicom."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.pixels.processing import apply_windowing

from medgraft.data.imaging.window import CT_WINDOWS, VoiTable, Window
from medgraft.errors import ReaderError


def apply_window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    return Window.of(center, width, function)(np.asarray(values, np.float64))


def test_linear_is_the_standards_example() -> None:
    # C.11.2.1.2.1: c = 2048, w = 4096 maps 0…4095 onto the whole range; c = 2048, w = 1 is a threshold.
    np.testing.assert_allclose(apply_window(np.array([0, 4095]), 2048, 4096, "LINEAR"), [0, 1])
    np.testing.assert_array_equal(apply_window(np.array([2047, 2048]), 2048, 1, "LINEAR"), [0, 1])
    # x = 50, c = 40, w = 101: (50 - 39.5) / 100 + 0.5
    np.testing.assert_allclose(apply_window(np.array([50]), 40, 101, "LINEAR"), [0.605])


def test_linear_exact_and_sigmoid() -> None:
    values = np.array([-100.0, 0.0, 25.0, 50.0, 100.0, 200.0])
    exact = apply_window(values, 50, 100, "LINEAR_EXACT")
    np.testing.assert_allclose(exact, [0, 0, 0.25, 0.5, 1, 1])
    sigmoid = apply_window(values, 50, 100, "SIGMOID")
    np.testing.assert_allclose(sigmoid, 1 / (1 + np.exp(-4 * (values - 50) / 100)), atol=1e-6)
    assert np.isfinite(apply_window(np.array([-3e38, 3e38]), 0, 1e-3, "SIGMOID")).all()


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(1024, 2048), (300, 17), (2000.5, 1.0), (-40, 400)])
def test_agrees_with_pydicom(function: str, center: float, width: float) -> None:
    dataset = Dataset()
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 12, 0
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = center, width, function
    values = np.arange(4096, dtype=np.uint16)
    if width == 1.0 and function != "LINEAR_EXACT":
        return  # LINEAR is a threshold here (by hand above); pydicom's SIGMOID overflows
    theirs = apply_windowing(values, dataset) / 4095
    np.testing.assert_allclose(apply_window(values, center, width, function), theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("center", "width", "function"),
    [(0, 0.5, "LINEAR"), (0, 0, "LINEAR_EXACT"), (0, -1, "SIGMOID"), (0, 1, "CUBIC"), (np.nan, 2, "LINEAR")],
)
def test_a_window_that_is_not_valid_is_refused(center: float, width: float, function: str) -> None:
    with pytest.raises(ReaderError):
        apply_window(np.zeros(3), center, width, function)


def test_ends_are_shown_as_black_and_white() -> None:
    for window in (Window(40, 400), Window(40, 400, "LINEAR_EXACT"), Window(2048, 1), *CT_WINDOWS.values()):
        low, high = window.ends
        assert window(np.array([low - 1e-6]))[0] == pytest.approx(0, abs=1e-6)
        assert window(np.array([high + 1e-6]))[0] == pytest.approx(1, abs=1e-6)


def test_a_table_is_looked_up_and_its_ends_go_on() -> None:
    table = VoiTable(10, np.array([0, 100, 255], np.uint16), 8)
    np.testing.assert_allclose(table(np.array([-5.0, 10, 11, 12, 99])), np.array([0, 0, 100, 255, 255]) / 255)
    assert table.ends == (10, 12)
    assert str(table) == "VOI LUT of 3 entries"
