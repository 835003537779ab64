"""Contours that, filled by another hand, give back the structure: balls, holes, odd planes."""

from __future__ import annotations

import datetime
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydicom import dcmread
from skimage.measure import grid_points_in_poly

from medgraft.data.outlines.grid import Grid
from medgraft.data.outlines.structure_set import read_structures
from medgraft.errors import DataError
from medgraft.use.clinical.dicom_source import source_series
from medgraft.use.clinical.rtstruct import contours_of, rtstruct

MADE = datetime.datetime(2024, 5, 6, 7, 8, 9)
SHAPE = (16, 40, 72)
SPACING = (3.0, 1.0, 0.5)
CENTRE = (22.0, 20.0, 18.0)


def even_odd(shape: tuple[int, int], rings: list[np.ndarray]) -> np.ndarray:
    """Crossings of a ray from each pixel's centre along its row, over all contours."""
    rows, columns = np.indices(shape)
    inside = np.zeros(shape, bool)
    for ring in rings:
        for (r0, c0), (r1, c1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if r0 != r1:
                crossed = (r0 > rows) != (r1 > rows)
                inside ^= crossed & (columns < c0 + (rows - r0) / (r1 - r0) * (c1 - c0))
    return inside


@pytest.fixture
def series(tmp_path, oblique, ct_series):
    return source_series(ct_series(tmp_path / "series", oblique(SPACING), SHAPE))


def filled(content: bytes, series, number: int = 1) -> np.ndarray:
    """By the tags alone: contours of a structure back into the slices that they name."""
    dataset = dcmread(io.BytesIO(content))
    places = {str(header.SOPInstanceUID): place for place, header in enumerate(series.headers)}
    mask = np.zeros(series.shape, bool)
    roi = next(one for one in dataset.ROIContourSequence if one.ReferencedROINumber == number)
    for contour in roi.get("ContourSequence", ()):
        place = places[str(contour.ContourImageSequence[0].ReferencedSOPInstanceUID)]
        header = series.headers[place]
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        assert len(points) == contour.NumberOfContourPoints >= 3
        away = points - np.array(header.ImagePositionPatient, float)
        row, column = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
        assert np.abs(away @ np.cross(row, column)).max() < 1e-3, "the contour lies in its slice"
        sides = np.array(header.PixelSpacing, float)
        ring = np.column_stack([away @ column / sides[0], away @ row / sides[1]])
        mask[place] ^= even_odd(series.shape[1:], [ring])
    return mask


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.mark.parametrize("radius", [5.0, 11.0, 16.0])
def test_a_ball_comes_back(series, ball, radius):
    mask = ball(SHAPE, SPACING, CENTRE, radius)
    assert dice(filled(rtstruct({"a": mask}, series, made=MADE), series), mask) > 0.999


def test_the_area_of_a_ball_is_that_of_its_voxels(ball):
    plane = ball((80, 80), (1.0, 1.0), (40.0, 40.0), 30.0)
    (ring,) = contours_of(plane)
    following = np.roll(ring, -1, axis=0)
    area = abs((ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]).sum() / 2)
    assert area == pytest.approx(np.count_nonzero(plane), rel=0.001)
    assert len(ring) < 0.7 * 8 * 30


def test_a_shell_keeps_its_hole(series, ball):
    mask = ball(SHAPE, SPACING, CENTRE, 15.0) & ~ball(SHAPE, SPACING, CENTRE, 8.0)
    content = rtstruct({"shell": mask}, series, made=MADE)
    assert dice(filled(content, series), mask) > 0.999
    planes = dcmread(io.BytesIO(content)).ROIContourSequence[0].ContourSequence
    names = [str(one.ContourImageSequence[0].ReferencedSOPInstanceUID) for one in planes]
    assert len(names) == len(set(names)), "a keyhole: one contour a slice"


def test_holes_in_islands_in_holes():
    plane = np.zeros((31, 31), bool)
    for inset, value in ((1, True), (4, False), (8, True), (12, False)):
        plane[inset : 31 - inset, inset : 31 - inset] = value
    plane[2, 20] = False
    rings = contours_of(plane)
    assert len(rings) == 2
    assert (even_odd(plane.shape, rings) == plane).all()


@settings(max_examples=100, deadline=None)
@given(arrays.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.booleans()))
def test_any_plane_comes_back(plane):
    """Each contour filled alone: none may lean on another."""
    rings = contours_of(plane)
    assert (even_odd(plane.shape, rings) == plane).all()
    union = np.zeros(plane.shape, bool)
    for ring in rings:
        part = even_odd(plane.shape, [ring])
        assert not (union & part).any()
        union |= part
    assert (union == plane).all()


def test_a_library_fills_the_same(ball):
    plane = ball((40, 40), (1.0, 1.0), (19.0, 21.0), 15.0) & ~ball((40, 40), (1.0, 1.0), (17.0, 22.0), 6.0)
    (ring,) = contours_of(plane)
    assert dice(np.asarray(grid_points_in_poly(plane.shape, ring)), plane) > 0.99


def test_our_own_reader_reads_it(tmp_path, series, ball):
    masks = {"a": ball(SHAPE, SPACING, CENTRE, 12.0), "b": ball(SHAPE, SPACING, CENTRE, 6.0)}
    (tmp_path / "rs.dcm").write_bytes(rtstruct(masks, series, made=MADE))
    found = read_structures(tmp_path / "rs.dcm", Grid(series.shape, series.affine))
    for name, mask in masks.items():
        assert dice(found[name], mask) > 0.98, name


def test_what_it_refers_to(series, ball):
    dataset = dcmread(
        io.BytesIO(rtstruct({"a": ball(SHAPE, SPACING, CENTRE, 9.0), "none": np.zeros(SHAPE, bool)}, series, made=MADE))
    )
    first = series.headers[0]
    assert (dataset.Modality, dataset.StructureSetDate, dataset.StructureSetTime) == ("RTSTRUCT", "20240506", "070809")
    assert dataset.PatientID == first.PatientID and dataset.StudyInstanceUID == first.StudyInstanceUID
    frame = dataset.ReferencedFrameOfReferenceSequence[0]
    assert frame.FrameOfReferenceUID == first.FrameOfReferenceUID
    inner = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert inner.SeriesInstanceUID == first.SeriesInstanceUID
    assert [str(one.ReferencedSOPInstanceUID) for one in inner.ContourImageSequence] == [
        str(header.SOPInstanceUID) for header in series.headers
    ]
    assert [str(one.ROIName) for one in dataset.StructureSetROISequence] == ["a", "none"]
    assert {str(one.ReferencedFrameOfReferenceUID) for one in dataset.StructureSetROISequence} == {
        str(first.FrameOfReferenceUID)
    }
    assert "ContourSequence" not in dataset.ROIContourSequence[1]
    assert "research use only" in dataset.StructureSetName
    assert len(dataset.RTROIObservationsSequence) == 2
    assert max(len(str(value)) for value in dataset.ROIContourSequence[0].ContourSequence[0].ContourData) <= 16


def test_the_same_outlines_are_the_same_object(series, ball):
    mask = {"a": ball(SHAPE, SPACING, CENTRE, 9.0)}
    assert rtstruct(mask, series, made=MADE) == rtstruct(mask, series, made=MADE)


def test_what_does_not_fit_is_refused(series):
    with pytest.raises(DataError, match="no voxel"):
        rtstruct({"a": np.zeros(SHAPE, bool)}, series, made=MADE)
    with pytest.raises(DataError, match="placing outlines"):
        rtstruct({"a": np.ones((3, 4, 5), bool)}, series, made=MADE)
