"""The same picture as a 12-bit DICOM file (Digital X-Ray, for presentation, little endian, uncompressed).

A site that stores MONOCHROME1 writes the inverted numbers, as its scanner would: read by the standard, the picture
equals the PNG. Unique identifiers follow from the seed, so that a cohort is written bit-equal again.
"""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from medgraft.data.phantom.acquisition import WHITE
from medgraft.data.phantom.case import NOTICE, Case

__all__ = ["encode_dicom"]

_DIGITAL_X_RAY = UID("1.2.840.10008.5.1.4.1.1.1.1.1")
_IMPLEMENTATION = "2.25.118243391873465012873461908273465123"


def encode_dicom(case: Case, seed: int) -> bytes:
    """A whole DICOM file, with preamble and file meta information."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = _DIGITAL_X_RAY
    meta.MediaStorageSOPInstanceUID = _uid(seed, "instance", case.stem)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(_IMPLEMENTATION)
    meta.ImplementationVersionName = "MEDGRAFT_PHANTOM"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\x00" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    _describe(dataset, case, seed)
    _add_pixels(dataset, case)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _describe(dataset: FileDataset, case: Case, seed: int) -> None:
    """Patient, study and equipment: every one of them says synthetic."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.PatientName = "Synthetic^Phantom"
    dataset.PatientID = case.patient
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.StudyInstanceUID = _uid(seed, "study", case.stem)
    dataset.SeriesInstanceUID = _uid(seed, "series", case.stem)
    dataset.StudyID = ""
    dataset.StudyDate = ""
    dataset.StudyTime = ""
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.Manufacturer = "medgraft synthetic phantom"
    dataset.InstitutionName = case.site.name
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = "PA"
    dataset.PatientOrientation = ["L", "F"]
    dataset.ImageLaterality = "U"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.ImageComments = NOTICE


def _add_pixels(dataset: FileDataset, case: Case) -> None:
    """12 of 16 bits, inverted where the site stores MONOCHROME1; the window is the whole range."""
    pixels = case.picture.pixels
    inverted = case.site.photometric == "MONOCHROME1"
    stored = (WHITE - pixels if inverted else pixels).astype("<u2")
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = case.site.photometric
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    dataset.ImagerPixelSpacing = [f"{side:.6g}" for side in case.picture.spacing]
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if inverted else -1
    dataset.RescaleIntercept = "0"
    dataset.RescaleSlope = "1"
    dataset.RescaleType = "US"
    dataset.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"
    dataset.WindowCenter = "2048"
    dataset.WindowWidth = "4096"
    dataset.PixelData = np.ascontiguousarray(stored).tobytes()
    dataset["PixelData"].VR = "OW"


def _uid(seed: int, kind: str, name: str) -> UID:
    """A unique identifier of the 2.25 (UUID) form that follows from the seed and the name."""
    digest = hashlib.sha256(f"medgraft phantom\x00{seed}\x00{kind}\x00{name}".encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:16], 'big')}")
