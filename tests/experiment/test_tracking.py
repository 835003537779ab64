"""Studies in, three files out, with days and nothing else that could be traced."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import nibabel
import numpy as np
import pytest

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import read_volume
from medgraft.errors import DataError, ReaderError, UsageError
from medgraft.experiment import tracking
from medgraft.experiment.tracking import track_studies
from medgraft.use.prediction.segmented import Segmented

SHAPE, SPACING = (16, 48, 48), (3.0, 1.0, 1.0)
SCHEMA = Path(tracking.__file__).parent / "schemas" / "follow-up.json"


def segment(path: Path) -> Segmented:
    """Values above 100 are the tumour: a model that is never wrong."""
    volume = read_volume(path, ImageReader().read)
    return Segmented((volume.values[0] > 100).astype(np.uint8), volume.spacing, volume.affine, {1: "tumour"})


@pytest.fixture
def course(tmp_path, ball, oblique, ct_series):
    """Three series of one patient, with the radii 12, 8 and 14 mm."""
    folders = []
    for date, radius in (("20240110", 12.0), ("20240409", 8.0), ("20240708", 14.0)):
        values = 200 * ball(SHAPE, SPACING, (22.0, 24.0, 24.0), radius)
        folders.append(ct_series(tmp_path / f"Nobody-{date}", oblique(SPACING), SHAPE, date=date, values=values))
    return folders


def test_a_course_of_dicom_series(course, tmp_path):
    result = track_studies(course, segment, out=tmp_path / "out", relative_sd={"tumour": 0.05})
    assert result.content["days"] == [0, 90, 180]
    assert [row["response"] for row in result.content["overall"]] == ["baseline", "PR", "PD"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"follow-up.json", "follow-up.csv", "follow-up.html"}
    written = json.loads((tmp_path / "out" / "follow-up.json").read_text("utf-8"))
    jsonschema.validate(written, json.loads(SCHEMA.read_text("utf-8")))
    assert written["overall"] == result.content["overall"]
    with (tmp_path / "out" / "follow-up.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["day"] for row in rows] == ["0", "90", "180"] * 2
    assert [row["response"] for row in rows[:3]] == ["baseline", "PR", "PD"]


def test_no_date_path_or_name_is_written(course, tmp_path):
    track_studies(course, segment, out=tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        text = path.read_text("utf-8")
        for private in ("2024", "Nobody", "P1", str(tmp_path)):
            assert private not in text, (path.name, private)


def test_studies_are_put_in_order(course, tmp_path):
    result = track_studies([course[1], course[2], course[0]], segment, out=tmp_path / "out")
    assert result.content["days"] == [0, 90, 180]
    assert [row["response"] for row in result.content["overall"]] == ["baseline", "PR", "PD"]
    assert any("put in order" in text for text in result.warnings)


def test_days_that_are_given(course, tmp_path):
    result = track_studies(course[:2], segment, out=tmp_path / "out", days=[30, 121])
    assert result.content["days"] == [0, 91]
    assert any("--days is used" in text for text in result.warnings)


def nifti(path: Path, radius: float, ball, oblique) -> Path:
    values = (200 * ball(SHAPE, SPACING, (22.0, 24.0, 24.0), radius)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, oblique(SPACING)), path)
    return path


def test_nifti_needs_days(tmp_path, ball, oblique):
    files = [nifti(tmp_path / f"{radius}.nii.gz", radius, ball, oblique) for radius in (12.0, 8.0)]
    with pytest.raises(UsageError, match="--days 0,90"):
        track_studies(files, segment, out=tmp_path / "out")
    result = track_studies(files, segment, out=tmp_path / "out", days=[0, 90], rule="volume")
    assert [row["response"] for row in result.content["overall"]] == ["baseline", "PR"]


def test_users_mistakes(course, tmp_path, ct_series, oblique):
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="no such file"):
        track_studies([course[0], tmp_path / "nowhere"], segment, out=out)
    with pytest.raises(UsageError, match="two at least"):
        track_studies(course[:1], segment, out=out)
    with pytest.raises(UsageError, match="got 3 for 2"):
        track_studies(course[:2], segment, out=out, days=[0, 1, 2])
    with pytest.raises(UsageError, match="known: recist"):
        track_studies(course, segment, out=out, rule="who")
    other = ct_series(tmp_path / "other", oblique(SPACING), SHAPE, date="20240501", patient="P2")
    with pytest.raises(DataError, match="2 patients"):
        track_studies([course[0], other], segment, out=out)
    (tmp_path / "broken.nii").write_bytes(b"no volume")
    with pytest.raises(ReaderError, match=r"outlining .*broken\.nii"):
        track_studies([tmp_path / "broken.nii", course[0]], segment, out=out, days=[0, 1])
    assert not out.exists()
