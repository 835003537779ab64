"""Only allowed tags are taken out of a file, and a frame's tags are found where the standard puts them."""

from __future__ import annotations

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from medgraft.data.imaging.dicom.tags import ALLOWED, FrameTags, frame_count, numbers, parse
from medgraft.data.phantom.twins.encoding import item
from medgraft.data.phantom.twins.grey import grey_twins
from medgraft.errors import ReaderError


def test_no_tag_of_a_patient_is_parsed() -> None:
    assert not [name for name in ALLOWED if "Patient" in name.replace("Image", "") and "Position" not in name
                and "Orientation" not in name]  # fmt: skip
    assert not [name for name in ALLOWED if "Date" in name or "Name" in name or "Time" in name]
    parsed = parse(next(grey_twins()).data)
    assert "PatientName" not in parsed
    assert "PatientID" not in parsed
    assert "PixelData" in parsed
    assert "PixelData" not in parse(next(grey_twins()).data, pixels=False)


def enhanced() -> Dataset:
    dataset = Dataset()
    dataset.RescaleSlope, dataset.WindowCenter, dataset.Modality = 9, 99, "MR"
    first, second = Dataset(), Dataset()
    first.PixelValueTransformationSequence = item(RescaleSlope=2)
    second.FrameVOILUTSequence = item(WindowCenter=[7, 8])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([first, second])
    dataset.SharedFunctionalGroupsSequence = item(PixelValueTransformationSequence=item(RescaleSlope=3))
    return dataset


def test_own_group_then_shared_then_top_level() -> None:
    one, other = FrameTags(enhanced(), 0), FrameTags(enhanced(), 1)
    assert (one.number("RescaleSlope"), other.number("RescaleSlope")) == (2, 3)
    assert (one.number("WindowCenter"), other.number("WindowCenter")) == (99, 7)
    assert one.text("Modality") == "MR"
    assert one.get("RescaleIntercept") is None
    assert one.text("RescaleType") == ""
    assert FrameTags(enhanced(), 5).number("RescaleSlope") == 3


@pytest.mark.parametrize(("value", "wanted"), [(None, ()), ("", ()), (3, (3.0,)), ([1, "2.5"], (1.0, 2.5))])
def test_numbers(value: object, wanted: tuple[float, ...]) -> None:
    assert numbers(value) == wanted
    assert numbers([1.0, float("nan")]) == ()


@pytest.mark.parametrize("count", [0, -1, 10**9])
def test_frames_within_reason(count: int) -> None:
    dataset = Dataset()
    assert frame_count(dataset) == 1
    dataset.NumberOfFrames = count
    if count:
        with pytest.raises(ReaderError, match="frames"):
            frame_count(dataset)


def test_sequences_nested_without_end() -> None:
    opening = b"\x00\x52\x29\x92SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    data = bytes(128) + b"DICM" + b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00" + opening * 3000
    with pytest.raises(ReaderError, match="nested too deep"):
        parse(data)
