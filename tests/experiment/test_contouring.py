"""One series, every format, with margins and distances of balls of known size."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import jsonschema
import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import read_volume
from medgraft.data.outlines.grid import Grid
from medgraft.data.outlines.structure_set import read_structures
from medgraft.errors import DataError, ReaderError, UsageError
from medgraft.experiment import contouring
from medgraft.experiment.contouring import FORMATS, Planning, contour_series
from medgraft.use.prediction.segmented import Segmented

SHAPE, SPACING = (20, 50, 60), (3.0, 1.0, 1.0)
NAMES = {1: "tumour", 2: "cord"}
SCHEMA = Path(contouring.__file__).parent / "schemas" / "measurements.json"


def segment(path: Path) -> Segmented:
    """Values 100 and 200 are the structures, on the grid in which slices are looked at."""
    volume = read_volume(path, ImageReader().read).sliced()
    labels = np.rint(volume.values[0] / 100).astype(np.uint8)
    return Segmented(labels, volume.spacing, volume.affine, NAMES)


@pytest.fixture
def values(ball):
    """Two balls, 24 mm between the centres, of 8 and 6 mm: 10 mm apart."""
    drawn = np.zeros(SHAPE, np.int16)
    drawn[ball(SHAPE, SPACING, (28.0, 25.0, 18.0), 8.0)] = 100
    drawn[ball(SHAPE, SPACING, (28.0, 25.0, 42.0), 6.0)] = 200
    return drawn


@pytest.fixture
def series(tmp_path, oblique, ct_series, values):
    return ct_series(tmp_path / "series", oblique(SPACING), SHAPE, values=values)


def test_a_structure_set_with_a_margin(series, tmp_path, ball):
    planning = Planning("rtstruct", (5.0,), (("tumour", "cord"),))
    result = contour_series(series, segment, out=tmp_path / "out", planning=planning)
    assert [path.name for path in result.files] == ["structures.dcm"]
    volume = read_volume(series, ImageReader().read)
    found = read_structures(result.files[0], Grid.of(volume))
    assert list(found) == ["tumour", "cord", "tumour +5 mm", "cord +5 mm"]
    expected = ball(SHAPE, SPACING, (28.0, 25.0, 18.0), 13.0)
    both = np.count_nonzero(found["tumour +5 mm"] & expected)
    assert 2 * both / (found["tumour +5 mm"].sum() + expected.sum()) > 0.95
    (apart,) = result.content["distances"]
    assert apart["mm"] == pytest.approx(10.0, abs=1.8)
    sizes = {row["label"]: row for row in [*result.content["structures"], *result.content["with_margin"]]}
    assert sizes["tumour"]["volume_ml"] == pytest.approx(4 / 3 * np.pi * 0.512, rel=0.04)
    assert sizes["tumour"]["diameter_mm"] == pytest.approx(16.0, abs=1.1)
    assert sizes["tumour +5 mm"]["volume_ml"] == pytest.approx(4 / 3 * np.pi * 2.197, rel=0.08)
    assert sizes["cord +5 mm"]["id"] == 2
    written = json.loads((tmp_path / "out" / "measurements.json").read_text("utf-8"))
    jsonschema.validate(written, json.loads(SCHEMA.read_text("utf-8")))
    assert (tmp_path / "out" / "measurements.csv").read_text("utf-8").count("\n") == 5


def test_a_segmentation_is_private_and_coded(series, tmp_path):
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    codes = tmp_path / "codes.json"
    codes.write_text('{"tumour": {"type": ["4147007", "SCT", "Mass"]}}', "utf-8")
    planning = Planning("seg", (5.0, 5.0, 9.0), codes=codes)
    (path,) = contour_series(series, segment, out=tmp_path / "out", planning=planning).files
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    header = dcmread(path)
    assert [str(one.SegmentLabel) for one in header.SegmentSequence][2] == "tumour +5/+5/+9 mm"
    assert header.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Mass"
    assert str(header.PatientID) == "P1"
    for other in ("measurements.json", "measurements.csv"):
        text = (tmp_path / "out" / other).read_text("utf-8")
        assert "P1" not in text and "Nobody" not in text and str(tmp_path) not in text


def test_nifti_stays_on_its_grid(tmp_path, oblique, values):
    """Stored columns first: the mask is too, and each grown structure is a file of its own."""
    affine = oblique(SPACING)[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(np.transpose(values, (2, 1, 0)), affine), tmp_path / "v.nii")
    planning = Planning("nifti", (-2.0,))
    result = contour_series(tmp_path / "v.nii", segment, out=tmp_path / "out", planning=planning)
    assert [path.name for path in result.files] == ["mask.nii", "margin-1.nii", "margin-2.nii"]
    mask = np.asanyarray(nibabel.load(result.files[0]).dataobj)
    assert (mask == np.transpose(values, (2, 1, 0)) // 100).all()
    shrunk = np.asanyarray(nibabel.load(result.files[2]).dataobj)
    assert set(np.unique(shrunk)) == {0, 2} and (mask[shrunk == 2] == 2).all()
    assert result.content["with_margin"][1]["label"] == "cord -2 mm"


def test_a_series_can_become_nifti(series, tmp_path):
    result = contour_series(series, segment, out=tmp_path / "out", planning=Planning("nifti"))
    assert [path.name for path in result.files] == ["mask.nii.gz"]
    assert nibabel.load(result.files[0]).affine == pytest.approx(
        read_volume(series, ImageReader().read).affine, abs=1e-3
    )


def test_a_picture_becomes_png(tmp_path, values):
    Image.fromarray(values[9].astype(np.uint8)).save(tmp_path / "p.png")

    def flat(path: Path) -> Segmented:
        return Segmented((values[9] // 100).astype(np.uint8), (0.5, 0.5), None, NAMES)

    planning = Planning("png", (2.0,), (("cord", "tumour"),))
    result = contour_series(tmp_path / "p.png", flat, out=tmp_path / "out", planning=planning)
    assert [path.name for path in result.files] == ["mask.png", "margin-1.png", "margin-2.png"]
    assert (np.asarray(Image.open(result.files[0])) == values[9] // 100).all()
    assert result.content["structures"][0]["area_mm2"] == pytest.approx(np.pi * 64 / 4, rel=0.05)


def test_what_is_not_found_is_a_note(series, tmp_path):
    def nothing(path: Path) -> Segmented:
        found = segment(path)
        return Segmented(np.zeros_like(found.labels), found.spacing, found.affine, NAMES)

    planning = Planning("rtstruct", (5.0,), (("tumour", "cord"),))
    result = contour_series(series, nothing, out=tmp_path / "out", planning=planning)
    assert result.files == [] and result.content["distances"][0]["mm"] is None
    assert any("nothing was found" in note for note in result.content["notes"])
    assert any("tumour and cord" in note for note in result.content["notes"])


def test_a_margin_that_is_cut_off_is_a_note(series, tmp_path):
    result = contour_series(series, segment, out=tmp_path / "out", planning=Planning("nifti", (30.0,)))
    assert any("tumour +30 mm is cut off" in note for note in result.content["notes"])


def test_users_mistakes(series, tmp_path, values):
    out = tmp_path / "out"

    def attempt(source: Path, *given, told: Segmented | None = None, **more) -> None:
        contour_series(source, (lambda _: told) if told else segment, out=out, planning=Planning(*given, **more))

    picture = tmp_path / "p.png"
    Image.fromarray(values[9].astype(np.uint8)).save(picture)
    flat = Segmented((values[9] // 100).astype(np.uint8), None, None, NAMES)
    with pytest.raises(UsageError, match="known: seg, rtstruct"):
        attempt(series, "dxf")
    with pytest.raises(UsageError, match="no such file"):
        attempt(tmp_path / "nowhere", "nifti")
    for form in ("seg", "rtstruct"):
        with pytest.raises(UsageError, match="no DICOM series"):
            attempt(picture, form)
    with pytest.raises(UsageError, match="one picture"):
        attempt(series, "png")
    with pytest.raises(UsageError, match="flat picture"):
        attempt(picture, "nifti", told=flat)
    with pytest.raises(UsageError, match="no structure 'heart'"):
        attempt(series, "nifti", (), (("tumour", "heart"),))
    with pytest.raises(UsageError, match="spacing of this picture is unknown"):
        attempt(picture, "png", (5.0,), told=flat)
    codes = tmp_path / "codes.json"
    codes.write_text("[]", "utf-8")
    with pytest.raises(UsageError, match="a JSON file is needed"):
        attempt(series, "seg", codes=codes)
    codes.write_text('{"tumour": {}}', "utf-8")
    with pytest.raises(UsageError, match="only SEG"):
        attempt(series, "rtstruct", codes=codes)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReaderError, match="no DICOM file"):
        attempt(tmp_path / "empty", "rtstruct")
    moved = segment(series)
    affine = moved.affine.copy()
    affine[:3, 3] += 5.0
    with pytest.raises(DataError, match="lies elsewhere"):
        attempt(series, "rtstruct", told=Segmented(moved.labels, moved.spacing, affine, NAMES))
    assert not out.exists()
    assert len(FORMATS) == 4
