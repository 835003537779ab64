"""Targets that `shift` and `adapt` cannot use, or hardly: refused or told by the verb, and nothing is left behind."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, ConfigError, DataError
from medgraft.experiment.adapting import adapt_run
from medgraft.experiment.shifting import shift_data
from medgraft.use.prediction import predictor

SIZES = {"patients": 24, "images_per_patient": (1, 2), "size": 64}


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("there") / "there", seed=12, **SIZES)


@pytest.fixture
def told(there, tmp_path):
    """``told(change)``: the target with another table."""

    def made(change):
        table = pd.read_csv(there / "table.csv")
        table["path"] = [str(there / path) for path in table["path"]]
        change(table).to_csv(tmp_path / "target.csv", index=False)
        return tmp_path / "target.csv"

    return made


@pytest.fixture(params=["shift", "adapt"])
def verb(request, fitted, tmp_path):
    """``verb(target, run=, **options)``: what it returns; on an error it has left nothing."""

    def call(target, run=fitted.run, **options):
        out = tmp_path / "out"
        try:
            if request.param == "shift":
                return shift_data(run, target, out=out, home=fitted.home, **options)
            return adapt_run(run, target, out, method="standardise", home=fitted.home, **options)
        except Exception:
            assert not out.exists()
            raise

    call.name = request.param
    return call


def test_other_classes(verb, told):
    """``shift`` looks at no label and says so; what ``adapt`` would judge by has to be of the run's classes."""
    target = told(lambda table: table.assign(label=table["label"].replace({"clear": "healthy"})))
    if verb.name == "shift":
        assert any("has the classes 'healthy', which the source has not" in text for text in verb(target).warnings)
        return
    with pytest.raises(CohortError, match=r"'healthy' are not classes of this run \(clear, nodule\).*--label-map"):
        verb(target)
    verb(target, flags={"data.label_map": {"healthy": "clear"}})


def test_another_modality(verb, there, fitted, tmp_path):
    run = shutil.copytree(fitted.run, tmp_path / "run")
    pd.read_parquet(run / "cohort.parquet").assign(modality="radiograph").to_parquet(run / "cohort.parquet")
    with pytest.raises(CohortError, match=r"source is radiograph and the target ct.*no adaptation bridges.*--modality"):
        verb(there, run=run, flags={"data.modality": "ct"})


@pytest.mark.parametrize("flags", [{"preprocess.size": 64}, {"backbone.name": "classical"}])
def test_another_preprocessing(verb, there, flags):
    with pytest.raises(ConfigError, match=r"its own backbone and preprocessing.*preprocess\.\* out"):
        verb(there, flags=flags)


def test_five_cases(verb, told):
    needed = {"shift": "at least 8 of each are needed", "adapt": r"the target has 5 cases; at least 20 are needed"}
    with pytest.raises(DataError, match=needed[verb.name]):
        verb(told(lambda table: table.iloc[:5]))


def test_cases_for_a_test_of_shift_and_too_few_to_adapt(fitted, told, tmp_path):
    target = told(lambda table: table.drop_duplicates("patient").iloc[:12])
    assert shift_data(fitted.run, target, home=fitted.home).content["target"]["cases"] == 12
    with pytest.raises(DataError, match=r"the target has 12 cases; at least 20 are needed.*they need no labels"):
        adapt_run(fitted.run, target, tmp_path / "out", method="standardise", home=fitted.home)
    assert not (tmp_path / "out").exists()


def test_all_of_one_class(verb, told):
    """An order cannot be judged by one class; the accuracy can."""
    result = verb(told(lambda table: table.assign(label="clear")))
    if verb.name == "adapt":
        assert set(result.content["result"]) == {"accuracy"}
        assert result.content["hindsight"] is None
        assert "all of one class" in " ".join(result.told)


@pytest.mark.parametrize("method", ["auto", "coral"])
def test_labels_to_learn_from_that_are_all_of_one_class(method, fitted, told, tmp_path):
    target = told(lambda table: table.assign(label="nodule"))
    result = adapt_run(fitted.run, target, tmp_path / "out", method=method, labels=12, home=fitted.home)
    assert any("all of one class" in text for text in result.warnings)
    assert result.content["learnt_labels"] >= 12


def test_features_that_are_not_finite(verb, there, monkeypatch):
    """Whoever made them: a case without numbers is no case."""
    real = predictor.embed_cases

    def spoilt(pictures, *arguments, **options):
        found = real(pictures, *arguments, **options)
        if str(there) not in str(pictures[0].path):
            return found
        features = found.features.copy()
        features[3, 0] = np.nan
        rows = found.bags.rows.copy()
        rows[3, 0] = np.nan
        return replace(found, features=features, bags=replace(found.bags, rows=rows))

    monkeypatch.setattr(predictor, "embed_cases", spoilt)
    with pytest.raises(DataError, match=r"1 of .* target cases have features that are not finite; leave th"):
        verb(there)


def test_pixels_that_are_not_numbers_are_set_aside(verb, there, tmp_path):
    from PIL import Image

    folder = shutil.copytree(there / "images", tmp_path / "images")
    pixels = np.full((64, 64), 0.5, np.float32)
    pixels[3, 4] = np.nan
    Image.fromarray(pixels).save(folder / "nan.tiff")
    result = verb(folder)
    ((path, reason),) = result.set_aside
    assert path.endswith("nan.tiff")
    assert "not finite" in reason
    assert "1 cases of the target could not be used and are left out" in result.warnings
