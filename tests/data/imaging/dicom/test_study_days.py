"""Days come out, dates and patients do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from medgraft.data.imaging.dicom.study_days import days_between
from medgraft.errors import DataError


def study(path: Path, date: str | None, patient: str = "P1") -> Path:
    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, "1.2.3"
    if date is not None:
        one.add_new("StudyDate", "DA", date)
    one.PatientID = patient
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID, one.file_meta.MediaStorageSOPInstanceUID = CTImageStorage, "1.2.3"
    path.parent.mkdir(parents=True, exist_ok=True)
    one.save_as(path, enforce_file_format=True)
    return path


def test_days_across_a_leap_day_and_out_of_order(tmp_path):
    files = [study(tmp_path / f"{date}.dcm", date) for date in ("20240228", "20240301", "20231231")]
    assert days_between(files) == [59, 61, 0]
    folder = study(tmp_path / "series" / "a.dcm", "20240229").parent
    (folder / "0.txt").write_text("no picture", "utf-8")
    assert days_between([files[0], folder]) == [0, 1]


@pytest.mark.parametrize("date", [None, "", "20240230"])
def test_without_a_date_nothing_is_guessed(tmp_path, date, recwarn):
    with_one = study(tmp_path / "a.dcm", "20240101")
    assert days_between([with_one, study(tmp_path / "b.dcm", date)]) is None


def test_what_is_no_dicom_has_no_date(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"\x1f\x8b1234")
    (tmp_path / "b.dcm").write_bytes(study(tmp_path / "c.dcm", "20240101").read_bytes()[:180])
    (tmp_path / "empty").mkdir()
    assert days_between([tmp_path / "a.nii.gz", tmp_path / "b.dcm", tmp_path / "empty"]) is None


def test_two_patients_are_refused_and_not_named(tmp_path):
    files = [study(tmp_path / "a.dcm", "20240101", "SMITH-1"), study(tmp_path / "b.dcm", "20240201", "JONES-2")]
    with pytest.raises(DataError, match="2 patients") as told:
        days_between(files)
    assert "SMITH" not in str(told.value)
    unknown = study(tmp_path / "c.dcm", "20240301", "")
    assert days_between([files[0], unknown]) == [0, 60]
