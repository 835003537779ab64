"""A bundle comes back as it was written, and one flipped bit in it is an error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError, UsageError
from medgraft.files import write_manifest
from medgraft.measure.calibrating.chain import CalibrationChain
from medgraft.measure.calibrating.shift_scale import ShiftScale
from medgraft.measure.calibrating.temperature import Temperature
from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound
from medgraft.measure.ood.gate import Gate, GateRule, fit_gate
from medgraft.measure.ood.nearest import Nearest
from medgraft.measure.patients import Patients
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.bundle import Bundle, read_bundle, write_bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.models.heads.linear import LinearHead
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


def gate(width=4, **rule):
    random = np.random.default_rng(5)
    near, far = random.normal(size=(60, width)), random.normal(size=(60, width))
    return fit_gate(near, np.arange(60) % 2, far, rule=GateRule(**rule))


def sets(classes=2):
    return ConformalSets(SetRule(), tuple(SharedBound((place,), 0.7, 30) for place in range(classes)))


def bundle():
    rng = np.random.default_rng(0)
    return Bundle(
        backbone=FACTS,
        checksum="abc",
        state={"a.weight": rng.normal(size=(4, 3)).astype(np.float32), "a.count": np.array(3, np.int64)},
        head=LinearHead(rng.normal(size=(2, 4)).astype(np.float32), np.ones(2, np.float32)),
        preprocessing=Preprocessing(size=32, channels=1, intensity={"low": 0, "high": 4095}),
        task=Classification(("良性", "=cmd()"), "=cmd()"),
        calibration=Calibration(
            threshold=0.1 + 0.2, threshold_from="val", chain=CalibrationChain((Temperature(1.5),)), sets=sets()
        ),
        strategy={"kind": "linear-probe"},
        engine="openvino",
        frozen=True,
        gate=gate(),
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
    features = np.random.default_rng(2).normal(scale=3, size=(50, 4)).astype(np.float32)
    np.testing.assert_array_equal(read.gate.strangeness(features), written.gate.strangeness(features))
    np.testing.assert_array_equal(read.answers(Bags.single(features)), written.answers(Bags.single(features)))
    assert 0 < written.gate.refuses(features).mean() < 1


def test_answers_are_the_heads_mended(tmp_path):
    features = np.random.default_rng(2).normal(size=(9, 4)).astype(np.float32)
    raw = bundle().head.answers(Bags.single(features))
    np.testing.assert_allclose(bundle().answers(Bags.single(features)), softmax(np.log(raw) / 1.5, axis=1), rtol=1e-12)


def test_a_bundle_from_before_there_was_a_gate(tmp_path):
    """What ``calibration.json`` held then is enough: nothing is mended, nothing refused."""
    folder = tmp_path / "bundle"
    write_bundle(folder, replace(bundle(), gate=None))
    then = {"format_version": 1, "kind": "none", "threshold": 0.3, "threshold_from": "val"}
    rewrite(folder / "calibration.json", lambda _: then)
    read = read_bundle(folder)
    assert (read.gate, read.calibration) == (None, Calibration(threshold=0.3, threshold_from="val"))


def test_a_gate_with_rows_of_patients_stays_in_the_house(tmp_path):
    patients, rows = Patients.of(None, 60), np.random.default_rng(0).normal(size=(60, 4))
    rows_kept = Gate((Nearest.bank_of(rows, patients, together=1),), (1.0,), 0.95, 60)
    with pytest.raises(UsageError, match="its gate holds rows of training cases"):
        write_bundle(tmp_path / "bundle", replace(bundle(), gate=rows_kept))
    write_bundle(tmp_path / "bundle", replace(bundle(), gate=rows_kept), gallery=True)


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


PARTS = ("model.json", "preprocessing.json", "labels.json", "calibration.json")


def rewrite(path, change):
    """Another content under a manifest that agrees with it."""
    path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")
    write_manifest(path.parent)


@pytest.mark.parametrize("name", [*PARTS, "model.safetensors", "MANIFEST.sha256"])
def test_every_file_is_needed(tmp_path, name):
    folder = tmp_path / "bundle"
    write_bundle(folder, bundle())
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        read_bundle(folder)
    if name != "MANIFEST.sha256":
        write_manifest(folder)
        with pytest.raises(ArtifactError, match=name):
            read_bundle(folder)


@pytest.mark.parametrize("version", [99, "1", None])
@pytest.mark.parametrize("name", PARTS)
def test_another_format_version_is_refused_by_name(tmp_path, name, version):
    folder = tmp_path / "bundle"
    write_bundle(folder, bundle())
    rewrite(folder / name, lambda content: {**content, "format_version": version})
    with pytest.raises(ArtifactError, match=f"{name}.*format version {version!r}"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model.json", {"backbone": ["tiny"]}),
        ("model.json", {"backbone": {"name": "tiny"}}),
        ("model.json", {"engine": None}),
        ("labels.json", {"labels": 2}),
        ("preprocessing.json", {"size": "large"}),
        ("preprocessing.json", {"no_such_field": 1}),
    ],
)
def test_a_foreign_content_is_refused(tmp_path, name, change):
    folder = tmp_path / "bundle"
    write_bundle(folder, bundle())
    rewrite(folder / name, lambda content: {**content, **change})
    with pytest.raises(ArtifactError, match="does not fit this medgraft"):
        read_bundle(folder)


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:-3], lambda whole: b"x" * 64])
def test_tensors_that_are_none(tmp_path, damage):
    folder = tmp_path / "bundle"
    write_bundle(folder, bundle())
    path = folder / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    write_manifest(folder)
    with pytest.raises(ArtifactError, match="does not fit this medgraft"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"task": Classification(("a", "b", "c"), None)},
        {"task": Classification(("a", "b"), "c")},
        {"backbone": replace(FACTS, feature_dim=9)},
        {"gate": gate(width=5)},
        {"calibration": Calibration(sets=sets(3))},
        {"calibration": Calibration(chain=CalibrationChain((ShiftScale(1.0, (0.0, 0.0, 0.0)),)))},
    ],
)
def test_files_of_two_bundles_do_not_make_one(tmp_path, change):
    write_bundle(tmp_path / "bundle", replace(bundle(), **change))
    with pytest.raises(ArtifactError, match="do not belong together"):
        read_bundle(tmp_path / "bundle")


def test_an_older_bundle_gives_way(tmp_path):
    folder = tmp_path / "bundle"
    write_bundle(folder, replace(bundle(), state={"of.the.old": np.ones(3, np.float32)}, engine="torch"))
    (folder / "old.txt").write_text("old")
    write_bundle(folder, bundle())
    read = read_bundle(folder)
    assert (read.engine, sorted(read.state)) == ("openvino", ["a.count", "a.weight"])
    assert not (folder / "old.txt").exists()
    assert [item.name for item in tmp_path.iterdir()] == ["bundle"]


def test_a_folder_of_pictures_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "benign").mkdir()
    with pytest.raises(ArtifactError, match="no run and no bundle; give the run folder"):
        read_bundle(tmp_path)


@pytest.mark.parametrize("task", ["segmentation", "detection"])
def test_a_bundle_that_outlines_is_told_by_its_task(tmp_path, task):
    write_bundle(tmp_path / "bundle", bundle())
    path = tmp_path / "bundle" / "labels.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "task": task}))
    write_manifest(tmp_path / "bundle")
    with pytest.raises(UsageError, match="predict"):
        read_bundle(tmp_path / "bundle")
