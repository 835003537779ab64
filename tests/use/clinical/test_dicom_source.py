"""A series comes in the order of its places, or is told what it lacks."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread

from medgraft.errors import DataError, ReaderError, UsageError
from medgraft.use.clinical.dicom_source import content_uid, source_series

SHAPE = (6, 8, 10)


def test_slices_come_in_their_places(tmp_path, oblique, ct_series):
    source = source_series(ct_series(tmp_path / "s", oblique(), SHAPE))
    assert [int(header.InstanceNumber) for header in source.headers] == [1, 2, 3, 4, 5, 6]
    assert source.shape == SHAPE
    assert source.affine == pytest.approx(oblique(), abs=1e-4)
    assert "PixelData" not in source.headers[0]
    files = sorted((tmp_path / "s").iterdir())
    assert source_series(files).shape == SHAPE


def test_masks_are_brought_to_the_series(tmp_path, oblique, ct_series):
    """From the order of axes of a NIfTI file, one axis turned round."""
    source = source_series(ct_series(tmp_path / "s", oblique(), SHAPE))
    mask = np.zeros(SHAPE, bool)
    mask[1, 2, 3] = True
    turned = oblique()[:, [2, 1, 0, 3]]
    turned[:3, 3] += turned[:3, 0] * (SHAPE[2] - 1)
    turned[:3, 0] *= -1
    other = np.flip(np.transpose(mask, (2, 1, 0)), 0)
    assert (source.aligned({"a": other}, turned)["a"] == mask).all()
    assert (source.aligned({"a": mask}, None)["a"] == mask).all()
    with pytest.raises(DataError, match="placing outlines"):
        source.aligned({"a": mask[:-1]}, None)
    with pytest.raises(DataError, match="lies elsewhere"):
        source.aligned({"a": mask}, oblique(angle=0.5))


def test_the_same_content_has_the_same_uid(tmp_path, oblique, ct_series):
    source = source_series(ct_series(tmp_path / "s", oblique(), SHAPE))
    mask = np.zeros(SHAPE, bool)
    one = content_uid(source, {"a": mask}, "seg")
    assert one == content_uid(source, {"a": mask.copy()}, "seg")
    changed = mask.copy()
    changed[0, 0, 0] = True
    others = [
        content_uid(source, *given) for given in (({"b": mask}, "seg"), ({"a": changed}, "seg"), ({"a": mask}, "x"))
    ]
    assert len({one, *others}) == 4


def test_what_may_be_empty_is_filled_with_nothing(tmp_path, oblique, ct_series):
    folder = ct_series(tmp_path / "s", oblique(), SHAPE, PatientName=None, StudyID=None, PatientSex="X")
    header = source_series(folder).headers[0]
    assert (str(header.PatientName), header.StudyID, header.PatientSex) == ("", "", "")


@pytest.mark.parametrize("tag", ["FrameOfReferenceUID", "StudyInstanceUID"])
def test_what_must_be_said_is_named(tmp_path, oblique, ct_series, tag):
    folder = ct_series(tmp_path / "s", oblique(), SHAPE, **{tag: None})
    with pytest.raises(ReaderError, match=f"no {tag}"):
        source_series(folder)


def test_what_is_no_series_is_refused(tmp_path, oblique, ct_series):
    with pytest.raises(UsageError, match="no such file"):
        source_series(tmp_path / "nowhere")
    folder = ct_series(tmp_path / "s", oblique(), SHAPE)
    (folder / "one.dcm").write_bytes((folder / "000.dcm").read_bytes()[:400])
    with pytest.raises(ReaderError):
        source_series(folder)
    (folder / "one.dcm").unlink()
    other = ct_series(tmp_path / "o", oblique(), SHAPE, date="20250101")
    for file in other.iterdir():
        file.rename(folder / f"other-{file.name}")
    with pytest.raises(ReaderError, match="2 stacks"):
        source_series(folder)
    assert dcmread(folder / "000.dcm").PatientID == "P1"
