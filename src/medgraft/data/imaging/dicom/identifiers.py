"""Which identifying tags of a DICOM file are filled in: their names, never their values.

The list is the part of PS3.15 annex E (basic application level confidentiality profile) that names persons, numbers,
dates and places. A private tag with text in it counts as one kind, whatever it is.
"""

from __future__ import annotations

import io

from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag

from medgraft.data.imaging.dicom.part10 import plain_part10
from medgraft.errors import ReaderError

__all__ = ["IDENTIFYING", "identifying_tags"]

IDENTIFYING = frozenset(
    (
        *("PatientName", "PatientID", "PatientBirthDate", "PatientBirthTime", "OtherPatientIDs", "OtherPatientNames"),
        *(
            "OtherPatientIDsSequence",
            "PatientBirthName",
            "PatientMotherBirthName",
            "PatientAddress",
            "IssuerOfPatientID",
        ),
        *("PatientTelephoneNumbers", "MilitaryRank", "EthnicGroup", "Occupation", "AdditionalPatientHistory"),
        *("PatientComments", "PatientReligiousPreference", "ResponsiblePerson", "ReferringPhysicianName"),
        *(
            "ReferringPhysicianAddress",
            "ReferringPhysicianTelephoneNumbers",
            "PerformingPhysicianName",
            "OperatorsName",
        ),
        *("NameOfPhysiciansReadingStudy", "PhysiciansOfRecord", "RequestingPhysician", "InstitutionName"),
        *("InstitutionAddress", "InstitutionalDepartmentName", "StationName", "DeviceSerialNumber", "AccessionNumber"),
        *("StudyID", "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime", "StudyTime"),
        *("SeriesTime", "AcquisitionTime", "ContentTime", "StudyDescription", "SeriesDescription", "ProtocolName"),
        *("RequestedProcedureDescription", "AdmissionID", "AdmittingDate", "CurrentPatientLocation", "ImageComments"),
        *("PerformedProcedureStepStartDate", "PerformedProcedureStepDescription", "RequestAttributesSequence"),
        *("ScheduledPerformingPhysicianName", "PersonName", "VerifyingObserverName", "DigitalSignaturesSequence"),
    )
)
_TEXTS = ("AE", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UT", "UN", "OB")
_PRIVATE = "a private tag with content"


def identifying_tags(data: bytes) -> list[str]:
    """Names of the identifying tags that are filled in, sorted; raises ``ReaderError`` for what is no DICOM file."""
    try:
        dataset = dcmread(io.BytesIO(plain_part10(data)), stop_before_pixels=True)
        found: set[str] = set()
        _collect(dataset, found, 0)
    except ReaderError:
        raise
    except Exception as error:  # a parser meets anything
        raise ValueError("not readable as DICOM") from error
    return sorted(found)


def _collect(dataset: Dataset, found: set[str], depth: int) -> None:
    """Names from ``dataset`` and the sequences in it."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value if depth < 16 else ():
                _collect(item, found, depth + 1)
        elif element.tag.is_private:
            if not element.tag.is_private_creator and element.VR in _TEXTS and element.value:
                found.add(_PRIVATE)
        elif keyword_for_tag(element.tag) in IDENTIFYING and element.value not in (None, "", []):
            found.add(keyword_for_tag(element.tag))
