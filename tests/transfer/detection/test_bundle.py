"""A detector on disk: whole, the same, or refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError
from medgraft.files import write_manifest
from medgraft.transfer.detection.bundle import DetectorBundle, is_detector, read_detector, write_detector
from medgraft.transfer.detection.decoding import Cuts, detect
from medgraft.transfer.tasks.detection import Detection


@pytest.fixture
def bundle(learnt, plan, settings):
    prepared = Preprocessing(size=plan.size, channels=1, fit=plan.fit)
    return DetectorBundle(
        learnt.trained, settings(epochs=2), prepared, Detection(("bar", "square")), Cuts(0.4, 0.05, "val")
    )


@pytest.fixture
def folder(bundle, tmp_path):
    write_detector(tmp_path / "bundle", bundle)
    return tmp_path / "bundle"


def test_what_is_read_finds_what_was_found(bundle, folder, scenes):
    read = read_detector(folder)
    pixels, shapes = scenes[0][:20], [(128, 64)] * 20
    assert (read.settings, read.preprocessing, read.task, read.cuts) == (
        bundle.settings,
        bundle.preprocessing,
        bundle.task,
        bundle.cuts,
    )
    given = [list(one.candidates(pixels, shapes)) for one in (bundle, read)]
    before, after = ([detect(one, bundle.cuts, bundle.task.labels) for one in part] for part in given)
    assert sum(map(len, after))
    for one, other in zip(before, after, strict=True):
        assert one.labels == other.labels
        assert np.array_equal(one.boxes, other.boxes)
        assert np.array_equal(one.scores, other.scores)
    assert sum(map(len, given[1])) >= sum(map(len, after))


def test_it_is_plain_files(folder):
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "model.safetensors",
        "model.json",
        "preprocessing.json",
        "labels.json",
        "calibration.json",
        "MANIFEST.sha256",
    }
    assert json.loads((folder / "labels.json").read_text())["task"] == "detection"
    calibration = json.loads((folder / "calibration.json").read_text())
    assert (calibration["nms_iou"], calibration["threshold"], calibration["threshold_from"]) == (0.4, 0.05, "val")
    assert is_detector(folder)
    assert not is_detector(folder / "nowhere")


@pytest.mark.parametrize(
    "name", ["model.safetensors", "model.json", "preprocessing.json", "labels.json", "calibration.json"]
)
def test_a_flipped_bit_is_an_error(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=f"changed {name}"):
        read_detector(folder)


def test_a_missing_file_and_a_missing_folder_are_told(folder, tmp_path):
    (folder / "labels.json").unlink()
    with pytest.raises(ArtifactError, match=r"missing labels\.json"):
        read_detector(folder)
    with pytest.raises(ArtifactError, match="it is not there"):
        read_detector(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="no run and no bundle"):
        read_detector(tmp_path / "empty")


def rewritten(folder, name, **changes):
    content = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**content, **changes}))
    write_manifest(folder)


def test_a_bundle_of_another_task_is_refused(folder):
    rewritten(folder, "labels.json", task="binary")
    with pytest.raises(ArtifactError, match="it is one of binary"):
        read_detector(folder)


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("labels.json", {"labels": ["bar"]}, "do not belong together"),
        ("preprocessing.json", {"size": 96}, "do not belong together"),
        ("preprocessing.json", {"fit": "pad"}, "do not belong together"),
        ("model.json", {"plan": {}}, "does not fit this medgraft"),
        ("calibration.json", {"nms_iou": None}, "does not fit this medgraft"),
        ("calibration.json", {"format_version": 99}, "format version 99"),
    ],
)
def test_files_of_two_bundles_are_refused(folder, name, changes, told):
    rewritten(folder, name, **changes)
    with pytest.raises(ArtifactError, match=told):
        read_detector(folder)


def test_a_newer_one_takes_its_place(bundle, folder):
    write_detector(folder, replace(bundle, cuts=Cuts(0.6, 0.3, "val")))
    assert read_detector(folder).cuts == Cuts(0.6, 0.3, "val")
