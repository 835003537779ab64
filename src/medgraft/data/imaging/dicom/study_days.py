"""How many days lie between the studies of one patient.

The only place that reads a date, and the number of a patient to see that it is one: neither leaves this module, only
the difference in days and whether studies are of one patient.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom import dcmread

from medgraft.data.imaging.dicom.part10 import is_dicom, plain_part10
from medgraft.errors import DataError

__all__ = ["days_between"]

_TAGS = ("StudyDate", "PatientID")
_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")


def days_between(studies: Sequence[Path]) -> list[int] | None:
    """Days of each study (a DICOM file, or a folder of them) since the earliest; ``None`` where one does not say its
    date. Raises ``DataError`` for studies of several patients, as far as they say whose they are."""
    told = [_facts(path) for path in studies]
    patients = {patient for _, patient in told if patient}
    if len(patients) > 1:
        raise DataError(
            f"following up: the studies are of {len(patients)} patients, by the numbers in their files; give one's"
        )
    dates = [date for date, _ in told if date is not None]
    if len(dates) < len(studies):
        return None
    return [(date - min(dates)).days for date in dates]


def _facts(path: Path) -> tuple[datetime.date | None, str]:
    """Date and patient of a study's first file; nothing of what is no DICOM."""
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        data = file.read_bytes() if file.is_file() else b""
        if is_dicom(data[:256]):
            try:
                with warnings.catch_warnings(record=True):  # they quote what is odd
                    found: Any = dcmread(io.BytesIO(plain_part10(data)), specific_tags=list(_TAGS))
                    return _date(str(found.get("StudyDate", "") or "")), str(found.get("PatientID", "") or "").strip()
            except Exception:  # a parser meets anything; who reads the pixels will say what is wrong with the file
                return None, ""
    return None, ""


def _date(text: str) -> datetime.date | None:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return datetime.date(*(int(part) for part in found.groups()))
    except ValueError:
        return None
