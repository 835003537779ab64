"""``shift`` on phantoms: another population of the same sites, other pictures, another mixture; files and privacy."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import DataError, UsageError
from medgraft.experiment.shifting import shift_data
from medgraft.files import read_json

SIZES = {"images_per_patient": (1, 2), "size": 64}


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Patients of the same sites as those of the run."""
    return write_phantom(tmp_path_factory.mktemp("others") / "others", patients=24, seed=11, **SIZES)


@pytest.fixture(scope="module")
def inverted(others, tmp_path_factory):
    """The same pictures, black for white."""
    folder = tmp_path_factory.mktemp("inverted") / "inverted"
    shutil.copytree(others, folder)
    for path in sorted((folder / "images").glob("*.png")):
        pixels = np.asarray(Image.open(path))
        Image.fromarray((pixels.max() - pixels).astype(pixels.dtype)).save(path)
    return folder


@pytest.fixture(scope="module")
def shifted(fitted, inverted, tmp_path_factory):
    out = tmp_path_factory.mktemp("shifted") / "shift"
    return out, shift_data(fitted.run, inverted, out=out, home=fitted.home)


def test_new_patients_of_the_same_sites_are_no_shift(fitted, others):
    result = shift_data(fitted.run, others, home=fitted.home)
    assert result.content["kind"] == "none"
    assert "cannot be told from" in result.told[0]
    assert result.content["expected_accuracy"]["source"]["n"] > 0
    assert result.page is None


def test_inverted_pictures_shout(shifted):
    content = shifted[1].content
    assert (content["shifted"], content["kind"]) == (True, "pictures")
    assert content["p_value"] < 0.002
    assert content["classifier"]["auroc"] > 0.9
    assert content["proxy_a_distance"] > 1
    assert content["overlaps"] is (content["classifier"]["auroc"] < 0.95)
    assert content["frechet"]["value"] > 2 * content["frechet"]["within_source"]
    assert any(one["name"] == "brightness" and one["clear"] for one in content["aspects"])
    assert "in its pictures" in shifted[1].told[0]


def test_the_one_object_names_what_was_agreed(shifted):
    out, result = shifted
    said = result.to_json()
    json.dumps(said, allow_nan=False)
    assert {"shifted", "p_value", "label_shift", "expected_accuracy", "told", "warnings"} <= set(said)
    assert "map" not in said
    assert all(item["path"].endswith(".png") for item in said["differing"])
    written = read_json(out / "shift.json")
    assert written["p_value"] == said["p_value"]
    assert len(written["map"]["target"]) == written["target"]["looked_at"]


def test_nothing_outside_private_holds_a_path(shifted, inverted):
    out, result = shifted
    assert result.page == out / "shift.html"
    for path in (out / "shift.json", out / "shift.html"):
        assert str(inverted.parent) not in path.read_text("utf-8")
    links = pd.read_parquet(out / "private" / "links.parquet")
    assert set(links["case_id"]) == set(result.paths)
    assert (out / "private" / "links.parquet").stat().st_mode & 0o077 == 0
    assert "data:image/jpeg" in (out / "shift.html").read_text("utf-8")


def test_the_same_command_says_the_same(fitted, inverted, shifted):
    again = shift_data(fitted.run, inverted, home=fitted.home)
    assert again.content == shifted[1].content


def test_data_in_place_of_a_run(fitted, inverted):
    result = shift_data(fitted.cohort, inverted, home=fitted.home)
    assert result.content["kind"] == "pictures"
    assert [one["label"] for one in result.content["label_shift"]["shares"]] == ["clear", "nodule"]
    bare = shift_data(fitted.cohort / "images", inverted, home=fitted.home)
    assert bare.content["kind"] == "unknown"
    assert (bare.content["label_shift"], bare.content["expected_accuracy"]) == (None, None)


def test_shared_cases_are_told(fitted):
    result = shift_data(fitted.run, fitted.cohort, home=fitted.home)
    assert not result.content["shifted"]
    assert any("pictures of the target are of the source, too" in text for text in result.warnings)
    assert any("patients of the target are of the source, too" in text for text in result.warnings)


def test_mistakes(fitted, others, shifted, tmp_path):
    with pytest.raises(UsageError, match="not empty"):
        shift_data(fitted.run, others, out=shifted[0], home=fitted.home)
    (tmp_path / "five").mkdir()
    for path in sorted((others / "images").glob("*.png"))[:5]:
        shutil.copy(path, tmp_path / "five" / path.name)
    with pytest.raises(DataError, match="at least 8 of each are needed"):
        shift_data(fitted.run, tmp_path / "five", home=fitted.home)
