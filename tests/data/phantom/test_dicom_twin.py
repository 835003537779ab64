"""The DICOM twin holds the picture of the PNG, by the standard."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest

from medgraft.data.phantom.case import Case
from medgraft.data.phantom.cohort import PhantomPlan, phantom_cases
from medgraft.data.phantom.dicom_twin import encode_dicom


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(phantom_cases(PhantomPlan(patients=4, images_per_patient=(1, 1), size=32)))


def test_pixels_equal_those_of_the_picture_whatever_the_photometry(cases: list[Case]) -> None:
    seen = set()
    for case in cases:
        dataset = pydicom.dcmread(io.BytesIO(encode_dicom(case, 0)))
        stored = dataset.pixel_array
        shown = 4095 - stored if dataset.PhotometricInterpretation == "MONOCHROME1" else stored
        np.testing.assert_array_equal(shown, case.picture.pixels)
        seen.add(dataset.PhotometricInterpretation)
    assert seen == {"MONOCHROME1", "MONOCHROME2"}


def test_the_file_is_whole_and_says_synthetic(cases: list[Case]) -> None:
    dataset = pydicom.dcmread(io.BytesIO(encode_dicom(cases[0], 0)))
    assert dataset.file_meta.TransferSyntaxUID.is_little_endian
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (16, 12, 11)
    assert dataset.PatientName == "Synthetic^Phantom" and "Synthetic" in dataset.ImageComments
    assert dataset.BurnedInAnnotation == "NO"
    assert np.allclose([float(side) for side in dataset.ImagerPixelSpacing], cases[0].picture.spacing, rtol=1e-5)
    for uid in (dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID):
        assert uid.is_valid


def test_identifiers_follow_from_the_seed(cases: list[Case]) -> None:
    assert encode_dicom(cases[0], 0) == encode_dicom(cases[0], 0)
    one, other = (pydicom.dcmread(io.BytesIO(encode_dicom(cases[0], seed))).SOPInstanceUID for seed in (0, 1))
    assert one != other
