"""Source and target as one model sees them: which cases of a run, whose answers, what is refused."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import ArtifactError, CohortError, ConfigError, UsageError
from medgraft.experiment.config import resolve_config
from medgraft.experiment.stages.side_by_side import is_run, patients_of, sides_of_data, sides_of_run
from medgraft.files import read_json
from medgraft.progress import Progress


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere") / "external"
    return write_phantom(folder, patients=10, images_per_patient=(1, 2), size=64, seed=9)


@pytest.fixture
def copy(fitted, tmp_path):
    """A run that may be changed."""
    shutil.copytree(fitted.run, tmp_path / "run")
    return tmp_path / "run"


def _of_run(run, target, home, **flags):
    progress = Progress()
    return sides_of_run(run, target, resolve_config(flags=flags), home, progress), progress


def test_the_source_of_a_frozen_run_is_its_cross_validation(fitted, elsewhere):
    both, progress = _of_run(fitted.run, elsewhere, fitted.home)
    split = read_json(fitted.run / "split.json")
    assert set(both.source.table["case_id"]) == {*split["train"], *split["val"]}
    stored = pd.read_parquet(fitted.run / "predictions.parquet")
    stored = stored[stored["split"] == "cv"].groupby("case_id")[["p_clear", "p_nodule"]].mean()
    np.testing.assert_allclose(both.source.probability, stored.loc[both.source.table["case_id"]])
    assert both.labels == ("clear", "nodule")
    assert (both.truth >= 0).all()
    names = [both.labels[code] for code in both.truth]
    assert names == both.source.table["label"].tolist()
    assert both.source.embedding.forward_passes == 0
    assert both.target.probability.shape == (len(both.target.table), 2)
    assert both.threshold is not None
    assert progress.notices == []


def test_the_source_of_a_trained_run_is_its_validation(copy, fitted, elsewhere, monkeypatch):
    """Told by the bundle's own word; the network of this one is the same."""
    from medgraft.use.prediction import predictor as module

    real = module.read_bundle
    monkeypatch.setattr(module, "read_bundle", lambda folder: _trained(real(folder)))
    both, _ = _of_run(copy, elsewhere, fitted.home)
    assert set(both.source.table["case_id"]) == set(read_json(copy / "split.json")["val"])
    stored = pd.read_parquet(copy / "predictions.parquet")
    stored[stored["split"] != "val"].to_parquet(copy / "predictions.parquet")
    with pytest.raises(CohortError, match="fit with a validation part"):
        _of_run(copy, elsewhere, fitted.home)


def _trained(bundle):
    from dataclasses import replace

    return replace(bundle, frozen=False)


def test_a_frozen_run_without_honest_answers_has_features_all_the_same(copy, fitted, elsewhere):
    stored = pd.read_parquet(copy / "predictions.parquet")
    stored[stored["split"].isin(["train", "test"])].to_parquet(copy / "predictions.parquet")
    both, progress = _of_run(copy, elsewhere, fitted.home)
    assert set(both.source.table["case_id"]) == set(read_json(copy / "split.json")["train"])
    assert both.source.probability is None
    assert both.labels == ()
    assert any("no answers on cases that it has not learnt from" in text for text in progress.notices)


def test_data_has_answers_by_folds_of_patients(fitted, elsewhere):
    progress = Progress()
    both = sides_of_data(fitted.cohort, elsewhere, resolve_config(), fitted.home, progress)
    assert len(both.source.table) == len(pd.read_csv(fitted.cohort / "table.csv"))
    assert both.source.probability.sum(axis=1) == pytest.approx(1.0)
    assert both.target.probability.sum(axis=1) == pytest.approx(1.0)
    right = (both.source.probability.argmax(axis=1) == both.truth).mean()
    assert 0.4 < right < 1.0, "held-out answers are not perfect"
    numbers = patients_of(both.source.table)
    assert len(np.unique(numbers)) == both.source.table["patient_id"].nunique()


def test_data_without_labels_or_of_one_class_have_no_answers(fitted, elsewhere, tmp_path):
    for source in (fitted.cohort / "images", _one_class(fitted.cohort, tmp_path)):
        progress = Progress()
        both = sides_of_data(source, elsewhere, resolve_config(), fitted.home, progress)
        assert both.source.probability is None
        assert any("no labels of two classes" in text for text in progress.notices)


def _one_class(cohort, folder):
    table = pd.read_csv(cohort / "table.csv")
    shutil.copytree(cohort, folder / "one")
    table[table["label"] == "clear"].to_csv(folder / "one" / "table.csv", index=False)
    return folder / "one"


def test_a_target_of_one_class_or_of_other_classes_is_told(fitted, elsewhere, tmp_path):
    both, progress = _of_run(fitted.run, _one_class(elsewhere, tmp_path), fitted.home)
    assert set(both.target.table["label"]) == {"clear"}
    assert progress.notices == []
    _, progress = _of_run(fitted.run, elsewhere, fitted.home, **{"data.label_map": {"clear": "healthy"}})
    assert any("has the classes 'healthy', which the source has not" in text for text in progress.notices)


def test_another_modality_is_refused_unless_the_files_lie(copy, fitted, elsewhere):
    table = pd.read_parquet(copy / "cohort.parquet").assign(modality="radiograph")
    table.to_parquet(copy / "cohort.parquet")
    with pytest.raises(CohortError, match="the source is radiograph and the target ct"):
        _of_run(copy, elsewhere, fitted.home, **{"data.modality": "ct"})
    _of_run(copy, elsewhere, fitted.home, **{"data.modality": "radiograph"})
    _of_run(copy, elsewhere, fitted.home)


def test_another_preprocessing_is_refused(fitted, elsewhere):
    for flags in ({"preprocess.size": 64}, {"backbone.name": "classical"}):
        with pytest.raises(ConfigError, match=r"preprocess\.\* out"):
            _of_run(fitted.run, elsewhere, fitted.home, **flags)


def test_what_is_no_run(copy, fitted, elsewhere, tmp_path):
    assert is_run(copy)
    assert not is_run(elsewhere)
    with pytest.raises(UsageError, match="it is a bundle"):
        is_run(copy / "bundle")
    (copy / "private" / "links.parquet").unlink()
    with pytest.raises(UsageError, match=r"links\.parquet is not here"):
        _of_run(copy, elsewhere, fitted.home)
    (copy / "bundle" / "labels.json").unlink()
    with pytest.raises(ArtifactError):
        _of_run(copy, elsewhere, fitted.home)


def test_no_case_is_lost_in_silence(fitted, elsewhere, tmp_path):
    shutil.copytree(elsewhere / "images", tmp_path / "there")
    (tmp_path / "there" / "broken.png").write_bytes(b"no picture")
    both, progress = _of_run(fitted.run, tmp_path / "there", fitted.home)
    ((path, reason),) = both.target.lost
    assert path.endswith("broken.png")
    assert reason
    assert "1 cases of the target could not be used and are left out" in progress.notices
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "a.png").write_bytes(b"no picture")
    with pytest.raises(CohortError, match="none of the 1 pictures of the target can be read"):
        _of_run(fitted.run, tmp_path / "nothing", fitted.home)
