"""Tags of the confidentiality profile are named where they are filled in, also inside sequences."""

from __future__ import annotations

import pytest
from pydicom.datadict import tag_for_keyword

from medgraft.data.imaging.dicom.identifiers import IDENTIFYING, identifying_tags
from medgraft.data.phantom.twins.encoding import described, item, written
from medgraft.data.phantom.twins.grey import grey_twins
from medgraft.errors import ReaderError


def test_every_name_is_a_tag() -> None:
    assert [name for name in IDENTIFYING if tag_for_keyword(name) is None] == []


def test_filled_in_also_in_sequences() -> None:
    from pydicom import FileMetaDataset

    dataset = described(StudyDate="", ReferencedStudySequence=item(AccessionNumber="77", ReferencedSOPClassUID="1.2"))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    assert identifying_tags(written(dataset)) == ["AccessionNumber", "PatientID", "PatientName"]


def test_what_is_no_dicom() -> None:
    assert identifying_tags(next(grey_twins()).data) == ["PatientID", "PatientName"]
    with pytest.raises(ReaderError):
        identifying_tags(b"nothing of the kind")
