"""From pictures to an entry of the store: the same features from it, its provenance, and a broken training goes on."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import medgraft
from medgraft.data.cohort.identity import content_id
from medgraft.errors import ConfigError, DataError, UsageError
from medgraft.experiment.pretraining import pretrain_weights
from medgraft.files import read_json, sha256_file
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.weights.store import entry_names, get_entry, get_seen, get_table

SMALL = {"backbone.name": "test_resnet", "backbone.weights": "random", "preprocess.size": 32, "engine": "torch"}
LABELS = {**SMALL, "pretext.epochs": 5, "pretext.batch_size": 16, "pretext.lr": 0.01}
VIEWS = {**SMALL, "pretext.epochs": 2, "pretext.batch_size": 32, "pretext.projection": 16}


class Broken(Progress):
    """Breaks off when the second epoch begins."""

    def track(self, items, *, total, label):
        if "epoch 2" in label:
            raise KeyboardInterrupt
        yield from items


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def supervised(striped, home, tmp_path_factory):
    out = tmp_path_factory.mktemp("supervised") / "stripes.safetensors"
    return pretrain_weights([striped], out, flags=LABELS, home=home)


@pytest.fixture(scope="module")
def pooled(striped, home, tmp_path_factory):
    """Without labels: the class folders, and the same pictures in one folder, one of them broken."""
    folder = tmp_path_factory.mktemp("pooled")
    (folder / "archive").mkdir()
    for path in striped.rglob("*.png"):
        shutil.copy(path, folder / "archive" / path.name)
    (folder / "archive" / "broken.png").write_bytes(b"no picture")
    data = [striped, folder / "archive"]
    return pretrain_weights(data, folder / "views.safetensors", method="vicreg", flags=VIEWS, home=home)


def test_the_store_gives_the_features_of_the_file(supervised, home):
    pixels = torch.rand(3, 3, 32, 32)
    state = {f"body.{name}": value for name, value in load_file(supervised.weights).items()}
    started = resolve_backbone("test_resnet", weights="random", home=home).pooled()
    stored = resolve_backbone("stripes", home=home).pooled()
    assert stored.facts.size == 32
    with torch.inference_mode():
        expected = started.build(3, state=state)(pixels)
        assert torch.equal(stored.build(3)(pixels), expected)
        assert not torch.equal(started.build(3)(pixels), expected)


def test_it_says_how_it_was_made(supervised, home):
    entry, record = get_entry(home, "stripes"), supervised.record
    assert entry.pretraining == record
    assert (record.method, record.with_labels, record.size, record.seed) == ("supervised", True, 32, 0)
    assert record.parent.checksum == "random:0"
    assert record.measured["val_loss"] < np.log(2)
    assert record.cohorts[0].name == "striped"
    assert entry.sha256 == sha256_file(home.weights / "stripes" / "weights.safetensors")
    assert entry.trained_on == f"striped ({record.cases} cases, with labels)"
    assert not get_table(home, "stripes").problems
    sidecar = read_json(supervised.weights.with_suffix(".json"))
    assert sidecar["sha256"] == sha256_file(supervised.weights) == entry.source_sha256
    assert "png" not in str(sidecar)
    assert str(supervised.weights.parent) not in str(sidecar)


def test_the_test_cases_of_fit_are_not_among_those_it_saw(supervised, striped, home):
    (seen,) = get_seen(home, "stripes")
    assert len(seen.with_labels) == supervised.record.cases < 72
    assert seen.without_labels == ()
    every = {content_id(home, sha256_file(path), "") for path in striped.rglob("*.png")}
    assert set(seen.with_labels) < every


def test_pooled_pictures_need_no_labels_and_a_copy_is_one_case(pooled, home):
    assert any("1 cases cannot be read" in text for text in pooled.warnings)
    assert [cohort.cases for cohort in pooled.record.cohorts] == [72, 72]
    (seen,) = get_seen(home, "views")
    assert len(seen.without_labels) == 72 == pooled.record.cases
    assert pooled.to_json()["pretraining"]["kept_epoch"] == 2


def test_what_the_parent_saw_is_passed_on(supervised, pooled, striped, home, tmp_path):
    flags = {**VIEWS, "backbone.name": "stripes", "backbone.weights": None, "pretext.epochs": 1}
    made = pretrain_weights([striped], tmp_path / "both.safetensors", method="vicreg", flags=flags, home=home)
    (seen,) = get_seen(home, "both")
    assert set(seen.with_labels) == set(get_seen(home, "stripes")[0].with_labels)
    assert len(seen.without_labels) == 72 - len(seen.with_labels)
    assert get_entry(home, "both").trained_on.startswith("striped (")
    assert ", then striped (72 cases, without labels)" in get_entry(home, "both").trained_on
    assert made.record.parent.weights == "stripes"


def test_a_broken_one_goes_on_and_ends_with_the_same_bytes(striped, home, tmp_path):
    given = {"method": "vicreg", "flags": VIEWS}
    with pytest.raises(KeyboardInterrupt):
        pretrain_weights([striped], tmp_path / "a.safetensors", **given, home=home, progress=Broken())
    assert not (tmp_path / "a.safetensors").exists()
    assert "a" not in entry_names(home)
    assert list((home.cache / "pretraining").rglob("epoch-0001.json"))
    resumed = pretrain_weights([striped], tmp_path / "a.safetensors", **given, home=home)
    assert not list((home.cache / "pretraining").rglob("epoch-*"))
    whole = pretrain_weights([striped], tmp_path / "b.safetensors", **given, home=home)
    assert sha256_file(resumed.weights) == sha256_file(whole.weights)
    assert [row["train_loss"] for row in resumed.history] == [row["train_loss"] for row in whole.history]


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"out": "weights.pth"}, UsageError, "ends with .safetensors"),
        ({"out": "resnet18.safetensors"}, UsageError, "name of a backbone"),
        ({"method": "vicerg"}, UsageError, "did you mean 'vicreg'"),
        ({"flags": {**VIEWS, "pretext.lrr": 1}}, ConfigError, "pretext.lrr"),
        ({"flags": {**SMALL, "pretext.batch_size": 4}}, ConfigError, "batch_size"),
        ({"minutes": 0}, UsageError, "above 0"),
        ({"minutes": 1e-9, "flags": {**VIEWS, "pretext.batch_size": 16}}, UsageError, "no epoch could be done"),
        ({"flags": {**VIEWS, "backbone.name": "classical", "backbone.weights": None}}, UsageError, "hand-crafted"),
        ({"flags": {**VIEWS, "backbone.volumes": "inflated"}}, ConfigError, "leave the setting out"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(striped, tmp_path, changes, error, text):
    given = {"method": "vicreg", "flags": VIEWS, "home": Home(tmp_path / "house"), **changes}
    out = tmp_path / given.pop("out", "w.safetensors")
    with pytest.raises(error, match=text):
        pretrain_weights([striped], out, **given)
    assert not out.exists()
    assert entry_names(Home(tmp_path / "house")) == []


def test_data_that_will_not_do(striped, tmp_path):
    out, home = tmp_path / "w.safetensors", Home(tmp_path / "house")
    with pytest.raises(UsageError, match="give one DATA"):
        pretrain_weights([striped, striped], out, flags=LABELS, home=home)
    with pytest.raises(DataError, match="at least 32 are needed"):
        few = tmp_path / "few"
        few.mkdir()
        shutil.copy(next(striped.rglob("*.png")), few)
        pretrain_weights([few], out, method="vicreg", flags=VIEWS, home=home)


def test_a_name_that_is_taken(supervised, striped, home):
    with pytest.raises(UsageError, match="the weights 'stripes' in the store"):
        pretrain_weights([striped], supervised.weights, flags=LABELS, home=home)


def test_the_public_function(striped, home, tmp_path):
    made = medgraft.pretrain(
        striped,
        tmp_path / "public.safetensors",
        method={"kind": "vicreg", "epochs": 1, "batch_size": 32, "projection": 8},
        backbone="test_resnet",
        weights="random",
        size=32,
        home=home.path,
    )
    assert made.name == "public"
    assert made.record.settings["projection"] == 8
