"""A bundle comes back as it was written, and one flipped bit in it is an error."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError
from medgraft.files import write_manifest
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.models.bundle import Bundle, Calibration, read_bundle, write_bundle
from medgraft.transfer.models.head import LinearHead
from medgraft.transfer.tasks.classification import Classification

FACTS = BackboneFacts(
    name="tiny",
    weights="registered",
    checksum="abc",
    feature_dim=4,
    parameters=10,
    size=32,
    mean=(0.1, 0.2, 0.3),
    std=(0.4, 0.5, 0.6),
    interpolation="bilinear",
    licence="MIT",
    trained_on="nothing",
    origin="a test",
)


def bundle():
    rng = np.random.default_rng(0)
    return Bundle(
        backbone=FACTS,
        checksum="abc",
        state={"a.weight": rng.normal(size=(4, 3)).astype(np.float32), "a.count": np.array(3, np.int64)},
        head=LinearHead(rng.normal(size=(2, 4)).astype(np.float32), np.ones(2, np.float32)),
        preprocessing=Preprocessing(size=32, channels=1, intensity={"low": 0, "high": 4095}),
        task=Classification(("良性", "=cmd()"), "=cmd()"),
        calibration=Calibration(threshold=0.1 + 0.2, threshold_from="val"),
        strategy={"kind": "linear-probe"},
        engine="openvino",
        frozen=True,
    )


def test_it_comes_back(tmp_path):
    written = bundle()
    write_bundle(tmp_path / "bundle", written)
    read = read_bundle(tmp_path / "bundle")
    for name in ("backbone", "checksum", "preprocessing", "task", "calibration", "strategy", "engine", "frozen"):
        assert getattr(read, name) == getattr(written, name), name
    assert set(read.state) == set(written.state)
    for name, value in written.state.items():
        np.testing.assert_array_equal(read.state[name], value)
        assert (read.state[name].dtype, read.state[name].shape) == (value.dtype, value.shape)
    np.testing.assert_array_equal(read.head.weight, written.head.weight)
    np.testing.assert_array_equal(read.head.bias, written.head.bias)


def test_every_flip_is_noticed(tmp_path):
    folder = tmp_path / "bundle"
    write_bundle(folder, bundle())
    rng = np.random.default_rng(1)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for bit in rng.integers(0, 8 * len(whole), 25):
            damaged = bytearray(whole)
            damaged[bit // 8] ^= 1 << int(bit % 8)
            path.write_bytes(damaged)
            with pytest.raises(ArtifactError):
                read_bundle(folder)
        path.write_bytes(whole)
    read_bundle(folder)


def test_missing_and_foreign_files(tmp_path):
    folder = tmp_path / "bundle"
    with pytest.raises(ArtifactError, match="it is not there"):
        read_bundle(folder)
    write_bundle(folder, bundle())
    (folder / "extra.txt").write_text("x")
    with pytest.raises(ArtifactError, match=r"not listed extra\.txt"):
        read_bundle(folder)
    (folder / "extra.txt").unlink()
    (folder / "labels.json").unlink()
    with pytest.raises(ArtifactError, match=r"missing labels\.json"):
        read_bundle(folder)


def test_another_format_version_is_refused_by_name(tmp_path):
    folder = tmp_path / "bundle"
    write_bundle(folder, bundle())
    labels = json.loads((folder / "labels.json").read_text("utf-8"))
    (folder / "labels.json").write_text(json.dumps({**labels, "format_version": 99}))
    write_manifest(folder)
    with pytest.raises(ArtifactError, match="format version 99"):
        read_bundle(folder)


def test_an_older_bundle_gives_way(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    write_bundle(folder, bundle())
    assert not (folder / "old.txt").exists()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["bundle"]
