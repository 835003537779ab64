"""Masks go round: nibabel reads back the ids in the source's order of axes, under the source's header."""

from __future__ import annotations

import itertools
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from medgraft.data.imaging.nifti import read_nifti
from medgraft.data.outlines.mask_raster import read_raster_mask
from medgraft.errors import ArtifactError, DataError, UsageError
from medgraft.use.clinical import mask_out
from medgraft.use.clinical.mask_out import COLOURS, nifti_mask, png_mask, write_mask

SHAPE = (5, 6, 7)
NAMES = {1: "a", 2: "b"}


def source(path: Path, affine: np.ndarray, *, sform: int = 2, qform: int = 1, kind: type = nibabel.Nifti1Image) -> Path:
    """Voxel values that say where they are, scaled, with texts that must not travel."""
    values = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    image = kind(values, affine)
    image.set_sform(affine if sform else None, code=sform)
    image.set_qform(affine if qform else None, code=qform)
    image.header.set_slope_inter(0.5, 3)
    image.header["descrip"], image.header["db_name" if kind is nibabel.Nifti1Image else "aux_file"] = b"Doe^J", b"Doe"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"patient Doe"))
    nibabel.save(image, path)
    return path


def marked(values: np.ndarray) -> np.ndarray:
    """Ids by the value of the voxel: whatever the order of axes, the same voxels get the same id."""
    place = (values - 3) / 0.5
    return (((place % 11) == 4) * 1 + ((place % 13) == 5) * 2).clip(0, 2).astype(np.uint8)


@pytest.mark.parametrize("turned", list(itertools.product((1, -1), repeat=3)))
@pytest.mark.parametrize("how", ["stored", "canonical", "sliced"])
def test_ids_come_back_in_the_order_of_the_file(tmp_path, oblique, turned, how):
    affine = oblique((2.0, 0.5, 0.75))[:, [2, 0, 1, 3]] @ np.diag([*turned, 1])
    path = source(tmp_path / "s.nii.gz", affine)
    volume = read_nifti(path, 10**6)
    seen = volume if how == "stored" else getattr(volume, how)()
    target = write_mask(tmp_path / "out" / "mask", marked(seen.values[0]), path, seen.affine, NAMES)
    assert target == tmp_path / "out" / "mask.nii.gz"
    mask, original = nibabel.load(target), nibabel.load(path)
    assert np.asanyarray(mask.dataobj).dtype == np.uint8
    assert (np.asanyarray(mask.dataobj) == marked(original.get_fdata())).all()
    assert (mask.affine == original.affine).all()
    for name in ("sform_code", "qform_code", "srow_x", "quatern_b", "qoffset_x", "pixdim", "xyzt_units"):
        assert (np.asarray(mask.header[name]) == np.asarray(original.header[name])).all(), name


@pytest.mark.parametrize(("sform", "qform"), [(1, 0), (0, 1), (4, 2), (0, 0)])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_codes_and_kind_stay(tmp_path, oblique, sform, qform, kind):
    path = source(tmp_path / "s.nii", oblique(), sform=sform, qform=qform, kind=kind)
    volume = read_nifti(path, 10**6)
    target = write_mask(tmp_path / "mask", marked(volume.values[0]), path, volume.affine, NAMES)
    mask, original = nibabel.load(target), nibabel.load(path)
    assert target.suffix == ".nii" and type(mask) is kind
    for name in ("sform_code", "qform_code", "srow_x", "srow_z", "quatern_d", "qoffset_z"):
        assert mask.header[name] == pytest.approx(original.header[name]), name
    assert mask.header["pixdim"][:4] == pytest.approx(original.header["pixdim"][:4])
    assert (np.asanyarray(mask.dataobj) == marked(original.get_fdata())).all()


def test_no_text_of_the_source_travels(tmp_path, oblique):
    path = source(tmp_path / "s.nii", oblique())
    volume = read_nifti(path, 10**6)
    target = write_mask(tmp_path / "mask", marked(volume.values[0]), path, volume.affine, NAMES)
    assert b"Doe" in path.read_bytes() and b"Doe" not in target.read_bytes()
    assert b"research use only" in bytes(nibabel.load(target).header["descrip"])


def test_a_trailing_axis_of_one(tmp_path, oblique):
    values = np.zeros((*SHAPE, 1), np.int16)
    nibabel.save(nibabel.Nifti1Image(values, oblique()), tmp_path / "s.nii")
    labels = np.zeros(SHAPE, np.uint8)
    labels[1, 2, 3] = 1
    target = write_mask(tmp_path / "m", labels, tmp_path / "s.nii", oblique(), NAMES)
    assert np.asanyarray(nibabel.load(target).dataobj)[1, 2, 3] == 1


def test_another_volume_becomes_nifti_with_its_own_affine(tmp_path, oblique):
    labels = np.zeros(SHAPE, np.uint8)
    labels[1, 2, 3] = 2
    target = write_mask(tmp_path / "mask", labels, tmp_path / "series", oblique(), NAMES)
    mask = nibabel.load(target)
    assert mask.affine == pytest.approx(oblique(), abs=1e-5)
    assert mask.header["sform_code"] == 1
    assert (np.asanyarray(mask.dataobj) == labels).all()


def test_unknown_geometry_stays_unknown():
    header = nibabel.Nifti1Image.from_bytes(nifti_mask(np.ones(SHAPE, np.uint8), None, None)).header
    assert (header["sform_code"], header["qform_code"]) == (0, 0)


@pytest.mark.parametrize("moved", ["shape", "place"])
def test_another_grid_is_refused(tmp_path, oblique, moved):
    path = source(tmp_path / "s.nii", oblique())
    affine, shape = oblique(), SHAPE
    if moved == "shape":
        shape = (5, 6, 8)
    else:
        affine[0, 3] += 1.0
    with pytest.raises(DataError, match=r"writing the mask of .*s\.nii"):
        write_mask(tmp_path / "mask", np.zeros(shape, np.uint8), path, affine, NAMES)
    assert not list(tmp_path.glob("mask*"))


def test_png_holds_the_ids(tmp_path):
    labels = np.random.default_rng(0).integers(0, 4, (9, 13)).astype(np.uint8)
    target = write_mask(tmp_path / "mask", labels, tmp_path / "picture.jpg", None, {1: "a", 2: "b", 3: "c"})
    assert target == tmp_path / "mask.png"
    with Image.open(target) as picture:
        assert picture.size == (13, 9)
        assert (np.asarray(picture) == labels).all()
        assert (np.asarray(picture.convert("RGB"))[labels == 2] == COLOURS[2]).all()
    assert (read_raster_mask(target) == labels).all()


def test_every_id_of_a_png_comes_back(tmp_path):
    labels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (tmp_path / "m.png").write_bytes(png_mask(labels))
    assert (read_raster_mask(tmp_path / "m.png") == labels).all()


def test_what_is_no_label_map_is_refused(tmp_path):
    with pytest.raises(UsageError, match="uint8"):
        write_mask(tmp_path / "m", np.zeros((4, 4), np.int64), tmp_path / "p.png", None, NAMES)
    with pytest.raises(DataError, match="the id 7"):
        write_mask(tmp_path / "m", np.full((4, 4), 7, np.uint8), tmp_path / "p.png", None, NAMES)


def test_a_full_disk_leaves_no_half_mask(tmp_path, monkeypatch):
    """The write fails after the content is known and before the name is taken."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "m.png").write_bytes(b"what was there")
    monkeypatch.setattr("medgraft.files.os.fsync", full)
    with pytest.raises(ArtifactError, match="No space left"):
        write_mask(tmp_path / "m", np.zeros((4, 4), np.uint8), tmp_path / "p.png", None, NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["m.png"]
    assert (tmp_path / "m.png").read_bytes() == b"what was there"


def test_the_same_mask_has_the_same_bytes(tmp_path, oblique):
    """A gzip file may hold the time at which it was made; then no checksum could be compared."""
    labels = np.ones(SHAPE, np.uint8)
    files = [write_mask(tmp_path / name, labels, tmp_path / "x.mha", oblique(), NAMES) for name in ("one", "other")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert set(mask_out.__all__) == {"COLOURS", "nifti_mask", "png_mask", "write_mask"}
