"""What is learnt from: train and validation with labels; without, all but a given test part, slices too."""

from __future__ import annotations

import shutil

import nibabel
import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.experiment.config import resolve_config
from medgraft.experiment.stages.gathering import gather_labelled, gather_pooled
from medgraft.home import Home
from medgraft.progress import Progress

SMALL = {"backbone.name": "test_resnet", "backbone.weights": "random", "preprocess.size": 32, "engine": "torch"}
CONFIG = resolve_config(flags=SMALL)


def _volumes(folder, count, depth=12):
    for number in range(count):
        values = np.random.default_rng(number).normal(0, 200, (40, 40, depth)).astype(np.int16)
        (folder / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        place = folder / "ab"[number % 2] / f"{number}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(values, np.diag([1.0, 1.0, 3.0, 1.0])), place)
    return folder


def test_with_labels_the_split_of_fit_is_made(striped, tmp_path):
    found = gather_labelled(striped, CONFIG, Home(tmp_path), Progress())
    assert len(found.seen) == len(found.labels) == len(found.is_val) < 72
    assert 0 < found.is_val.sum() < len(found.is_val)
    assert found.n_classes == 2
    assert found.pixels(np.array([0, 5])).shape == (2, 1, 32, 32)
    again = gather_labelled(striped, CONFIG, Home(tmp_path), Progress())
    assert again.identity == found.identity


def test_without_labels_a_tenth_is_held_out_and_a_given_test_part_stays_out(striped, tmp_path):
    for number, path in enumerate(sorted(striped.rglob("*.png"))):
        place = tmp_path / "split" / ("test" if number < 20 else "train")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / path.name)
    progress = Progress()
    found = gather_pooled([tmp_path / "split"], CONFIG, Home(tmp_path / "house"), progress)
    assert "split: its 20 test cases are left out" in progress.notices
    assert len(found.seen) == 52
    assert found.is_val.sum() == 6
    assert found.labels.tolist() == [0] * 52


def test_slices_of_a_volume_are_pictures_and_stay_together(tmp_path):
    data = _volumes(tmp_path / "volumes", 12)
    found = gather_pooled([data], CONFIG, Home(tmp_path / "house"), Progress())
    assert len(found.seen) == 12
    assert len(found.is_val) == 12 * 12
    assert set(found.is_val.reshape(12, 12).sum(axis=1)) == {0, 12}


def test_labels_of_volumes_are_refused_before_anything_is_computed(tmp_path):
    data = _volumes(tmp_path / "volumes", 8, depth=4)
    with pytest.raises(UsageError, match="--method vicreg"):
        gather_labelled(data, CONFIG, Home(tmp_path / "house"), Progress())
