"""highdicom reads back what was written, and what was said of it."""

from __future__ import annotations

import importlib
import io
import warnings

import numpy as np
import pytest
from pydicom import dcmread

from medgraft.errors import DataError, UsageError
from medgraft.use.clinical import dicom_seg as module
from medgraft.use.clinical.dicom_seg import GENERIC_CODES, dicom_seg
from medgraft.use.clinical.dicom_source import source_series

SHAPE = (8, 16, 20)


@pytest.fixture
def highdicom():
    return pytest.importorskip("highdicom", reason="highdicom is not installed")


@pytest.fixture
def series(tmp_path, oblique, ct_series):
    return source_series(ct_series(tmp_path / "series", oblique(), SHAPE))


@pytest.fixture
def masks(ball):
    """Two structures that overlap, and slices without either."""
    one = ball(SHAPE, (3.0, 1.0, 0.5), (9.0, 8.0, 5.0), 4.0)
    return {"tumour": one, "tumour + margin": ball(SHAPE, (3.0, 1.0, 0.5), (9.0, 8.0, 5.0), 6.0)}


def read(highdicom, content: bytes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return highdicom.seg.segread(io.BytesIO(content))


def by_source(found, series) -> np.ndarray:
    """(slices, rows, columns, segments), by the instance that each frame refers to."""
    uids = [str(header.SOPInstanceUID) for header in series.headers]
    return np.asarray(found.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True))


def test_every_voxel_comes_back(highdicom, series, masks):
    found = read(highdicom, dicom_seg(masks, series))
    assert (by_source(found, series) == np.stack(list(masks.values()), axis=-1)).all()
    labels = [found.get_segment_description(number).segment_label for number in found.segment_numbers]
    assert labels == ["tumour", "tumour + margin"]


def test_another_order_of_axes_is_the_same_object(highdicom, series, masks, oblique):
    turned = {name: np.transpose(mask, (2, 1, 0)) for name, mask in masks.items()}
    found = read(highdicom, dicom_seg(turned, series, affine=oblique()[:, [2, 1, 0, 3]]))
    assert (by_source(found, series)[..., 0] == masks["tumour"]).all()


def test_frames_lie_where_their_slices_lie(highdicom, series, masks):
    """The place is written, not only the reference: a viewer without the series puts it right."""
    found = read(highdicom, dicom_seg(masks, series))
    volume = found.get_volume(segment_numbers=[2], combine_segments=False, allow_missing_positions=True)
    index = np.argwhere(np.asarray(volume.array)[..., 0])
    lps = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    expected = np.argwhere(masks["tumour + margin"]) @ series.affine[:3, :3].T + series.affine[:3, 3]
    ordered = [rows[np.lexsort(np.round(rows, 2).T)] for rows in (lps * [-1, -1, 1], expected)]
    assert ordered[0] == pytest.approx(ordered[1], abs=1e-3)


def test_what_is_said(highdicom, series, masks):
    header = dcmread(io.BytesIO(dicom_seg(masks, series)))
    segment = header.SegmentSequence[0]
    category, kind = segment.SegmentedPropertyCategoryCodeSequence[0], segment.SegmentedPropertyTypeCodeSequence[0]
    assert (category.CodeValue, category.CodingSchemeDesignator, category.CodeMeaning) == GENERIC_CODES["category"]
    assert (kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning) == GENERIC_CODES["type"]
    assert segment.SegmentAlgorithmType == "AUTOMATIC"
    assert segment.SegmentAlgorithmName == "medgraft"
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert algorithm.AlgorithmVersion == importlib.metadata.version("medgraft")
    assert "research use only" in header.ContentDescription and "research use only" in header.SeriesDescription
    source = series.headers[0]
    for tag in ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert header[tag].value == source[tag].value
    assert header.SeriesInstanceUID != source.SeriesInstanceUID
    referenced = {
        str(one.ReferencedSOPInstanceUID) for one in header.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert referenced == {str(one.SOPInstanceUID) for one in series.headers}


def test_codes_of_the_user(highdicom, series, masks):
    codes = {
        "tumour": {
            "category": ("49755003", "SCT", "Morphologically Altered Structure"),
            "type": ("4147007", "SCT", "Mass"),
        }
    }
    header = dcmread(io.BytesIO(dicom_seg(masks, series, codes=codes)))
    kinds = [one.SegmentedPropertyTypeCodeSequence[0].CodeMeaning for one in header.SegmentSequence]
    assert kinds == ["Mass", "Anatomical Structure"]


def test_an_empty_structure_keeps_its_segment(highdicom, series, masks):
    found = read(highdicom, dicom_seg({**masks, "none": np.zeros(SHAPE, bool)}, series))
    assert found.number_of_segments == 3
    assert not by_source(found, series)[..., 2].any()


def test_the_same_outlines_are_the_same_object(highdicom, series, masks):
    one, other = (dcmread(io.BytesIO(dicom_seg(masks, series))) for _ in range(2))
    assert one.SOPInstanceUID == other.SOPInstanceUID


def test_a_series_with_gaps_in_its_header(highdicom, tmp_path, oblique, ct_series, masks):
    folder = ct_series(tmp_path / "bare", oblique(), SHAPE, PatientName=None, PatientBirthDate=None, StudyTime=None)
    source = source_series(folder)
    assert (by_source(read(highdicom, dicom_seg(masks, source)), source)[..., 0] == masks["tumour"]).all()


def test_what_does_not_fit_is_refused(highdicom, series, masks):
    with pytest.raises(DataError, match="no voxel"):
        dicom_seg({"a": np.zeros(SHAPE, bool)}, series)
    with pytest.raises(DataError, match="placing outlines"):
        dicom_seg({"a": np.ones((3, 4, 5), bool)}, series)
    with pytest.raises(UsageError, match="'liver'"):
        dicom_seg(masks, series, codes={"liver": {}})
    with pytest.raises(UsageError, match=r"value, scheme, meaning"):
        dicom_seg(masks, series, codes={"tumour": {"type": ("4147007", "SCT", "")}})


def test_without_highdicom_the_hint_is_given(series, masks, monkeypatch):
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(module.importlib, "import_module", absent)
    with pytest.raises(UsageError, match="pip install highdicom"):
        dicom_seg(masks, series)


def test_no_patient_is_named(highdicom, series, masks, monkeypatch):
    def refuse(*_: object) -> None:
        raise ValueError("bad name Nobody^Real")

    monkeypatch.setattr(module, "_object", refuse)
    with pytest.raises(DataError) as told:
        dicom_seg(masks, series)
    assert "Nobody" not in str(told.value)
