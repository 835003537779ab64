"""A run that outlines is brought to pictures of another contrast, told beside the source's model, and used like any."""

from __future__ import annotations

import json

import jsonschema
import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import CohortError, ConfigError, UsageError
from medgraft.experiment.adapting_outlines import adapt_outlined
from medgraft.experiment.evaluating_outlines import evaluate_outlined
from medgraft.experiment.outlining import outline_files, segmenter_of
from medgraft.files import read_json
from medgraft.transfer.segmentation.bundle import read_outline_bundle

FLAGS = {"data.patient_regex": r"^([A-Z][a-z]+\d+)-"}
FLAT = {"gain": 0.25, "offset": 0.5}


@pytest.fixture(scope="module")
def elsewhere(discs, tmp_path_factory):
    """Discs of low contrast, with masks, and the same pictures alone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    options = {"count": 12, "seed": 5, "name": "Fremd", **FLAT}
    return discs(folder / "with", **options), discs(folder / "without", masks=False, **options)


@pytest.fixture(scope="module")
def adapted(disc_run, elsewhere, tmp_path_factory):
    out = tmp_path_factory.mktemp("adapted") / "run2"
    return adapt_outlined(disc_run.run, elsewhere[0], out, method="adabn", flags=FLAGS, home=disc_run.home)


def test_statistics_of_the_target_give_lost_discs_back(adapted, elsewhere):
    gain = adapted.content["result"]["dice"]
    assert gain["low"] > 0.1 and gain["first"] > 0.8 and (gain["n"], gain["n_patients"]) == (12, 6)
    assert adapted.content["collapsed"] is None and adapted.content["asked"] == "adabn"
    assert any("better (difference" in text for text in adapted.told)
    segment, dice = segmenter_of(adapted.run), []
    for path in sorted((elsewhere[0] / "images").iterdir()):
        truth = np.asarray(Image.open(elsewhere[0] / "masks" / path.name)) > 0
        called = segment(path).labels > 0
        dice.append(2 * (called & truth).sum() / (called.sum() + truth.sum()))
    assert adapted.metrics["test"]["dice"]["value"] == pytest.approx(np.mean(dice)) == pytest.approx(gain["first"])


def test_what_is_written_follows_its_schema_and_names_nobody(adapted, repository):
    run, schemas = adapted.run, repository / "src/medgraft/experiment/schemas"
    for name in ("adaptation", "outline_facts", "split", "config"):
        schema = json.loads((schemas / f"{name}.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads((run / f"{name}.json").read_text()))
    split = read_json(run / "split.json")
    assert len(split["test"]) == 12 and set(pd.read_parquet(run / "outlines.parquet")["case_id"]) == set(split["test"])
    assert {"best", "median", "worst"} == set(pd.read_parquet(run / "private" / "overlays.parquet")["kind"])
    assert "What adapting gained" in (run / "report.html").read_text("utf-8")
    for path in run.rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert b"Fremd0" not in path.read_bytes() and b"Muster0" not in path.read_bytes()


def test_the_bundle_says_by_what_it_was_adapted_and_every_verb_takes_it(adapted, disc_run, elsewhere, tmp_path):
    before, after = read_outline_bundle(disc_run.run), read_outline_bundle(adapted.run)
    assert (before.adapted_by, after.adapted_by, after.measurement_error) == (None, "adabn", {})
    names = [name for name, _ in after.network.named_parameters()]
    assert all((before.network.get_parameter(n) == after.network.get_parameter(n)).all() for n in names)
    answer = outline_files(adapted.run, [elsewhere[1]], out=tmp_path / "masks", home=disc_run.home)
    assert len(answer.table) == 12 and (tmp_path / "masks" / "Fremd00-0.png").is_file()
    options = CohortOptions(patient_regex=FLAGS["data.patient_regex"])
    own = evaluate_outlined(adapted.run, disc_run.cohort, options=options, name="own", home=disc_run.home)
    assert own["metrics"]["dice"]["n"] == len(read_json(disc_run.run / "split.json")["test"])


def test_without_masks_nothing_judges_and_the_model_is_the_same(adapted, disc_run, elsewhere, tmp_path):
    found = adapt_outlined(
        disc_run.run, elsewhere[1], tmp_path / "run2", method="adabn", flags=FLAGS, home=disc_run.home
    )
    assert found.content["result"] is None and "test" not in found.metrics
    assert any("nothing judges" in text for text in found.warnings)
    assert found.content["shares"]["after"] == adapted.content["shares"]["after"]
    ours, theirs = (read_outline_bundle(one.run).network.state_dict() for one in (adapted, found))
    assert all((ours[name] == theirs[name]).all() for name in ours)
    assert (found.run / "report.html").is_file()


def test_auto_keeps_the_source_and_says_why(disc_run, elsewhere, tmp_path):
    found = adapt_outlined(disc_run.run, elsewhere[0], tmp_path / "run2", flags=FLAGS, home=disc_run.home)
    assert found.content["method"] == "source-only" and "no score without masks" in found.told[-2] + found.told[1]
    gain = found.content["result"]["dice"]
    assert gain["difference"] == gain["low"] == gain["high"] == 0
    ours, theirs = (read_outline_bundle(run).network.state_dict() for run in (disc_run.run, found.run))
    assert all((ours[name] == theirs[name]).all() for name in ours)


@pytest.mark.parametrize("method", ["tent", "entropy", "output-adversarial"])
def test_the_other_methods(method, disc_run, elsewhere, tmp_path):
    options = {} if method == "tent" else {"steps": "2", "batch_size": "2"}
    found = adapt_outlined(
        disc_run.run, elsewhere[0], tmp_path / "run2", method=method, options=options, flags=FLAGS, home=disc_run.home
    )
    assert found.content["method"] == method and found.content["judged"] == 12
    assert found.content["facts"]


def test_mistakes_are_told(disc_run, outlined_run, elsewhere, balls, tmp_path):
    run, target, out, home = disc_run.run, elsewhere[0], tmp_path / "run2", disc_run.home
    with pytest.raises(ConfigError, match=r"coral: it is for runs that give labels.*adabn, .*tent"):
        adapt_outlined(run, target, out, method="coral", home=home)
    with pytest.raises(UsageError, match=r"there is no adaptation of outlines 'adabm'.*did you mean 'adabn'"):
        adapt_outlined(run, target, out, method="adabm", home=home)
    with pytest.raises(ConfigError, match="options are of one method"):
        adapt_outlined(run, target, out, options={"share": "0.5"}, home=home)
    with pytest.raises(ConfigError, match=r"adapting by adabn: .*share"):
        adapt_outlined(run, target, out, method="adabn", options={"shares": "0.5"}, home=home)
    with pytest.raises(UsageError, match="no method learns from masks"):
        adapt_outlined(run, target, out, method="adabn", labels=3, home=home)
    with pytest.raises(ConfigError, match="the run's own backbone"):
        adapt_outlined(run, target, out, sets=["backbone.name=resnet18"], home=home)
    with pytest.raises(CohortError, match="--mask-values"):
        adapt_outlined(run, target, out, flags={"data.mask_values": {"255": "other"}}, home=home)
    there = balls(tmp_path / "balls", count=2, seed=4, name="Kugel")
    with pytest.raises(UsageError, match="no BatchNorm"):
        adapt_outlined(outlined_run, there, out, method="adabn", home=home)
    assert not out.exists()


def test_volumes_learn_from_the_source_and_a_source_without_masks_is_told(outlined_run, balls, tmp_path, monkeypatch):
    from medgraft.home import Home

    home = Home.find(outlined_run.parent / "home")
    there = balls(tmp_path / "balls", count=3, seed=4, name="Kugel", change=lambda values: 0.8 * values)
    options = {"steps": "2", "batch_size": "2"}
    found = adapt_outlined(outlined_run, there, tmp_path / "run2", method="entropy", options=options, home=home)
    assert found.content["judged"] == 3 and nibabel.load(next((there / "images").iterdir())).ndim == 3
    (found.run / "private" / "legend.json").unlink()
    with pytest.raises(UsageError, match=r"private/legend.json is not here.*adabn, tent"):
        adapt_outlined(found.run, there, tmp_path / "run3", method="entropy", options=options, home=home)
