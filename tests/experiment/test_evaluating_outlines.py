"""A run that outlines is judged at another site: by hand, by name, and never on what it has learnt from."""

from __future__ import annotations

import json
import shutil

import nibabel
import numpy as np
import pandas as pd
import pytest

from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import CohortError, LeakageError, UsageError
from medgraft.experiment.evaluating_outlines import evaluate_outlined
from medgraft.experiment.outlining import segmenter_of
from medgraft.experiment.stages.recalibrating import NewSite
from medgraft.home import Home

NAMES = {"patient_regex": r"^([A-Z][a-z]+\d+)-"}


@pytest.fixture(scope="module")
def place(outlined_run, tmp_path_factory):
    """A copy of the run that may be added to, and its house."""
    folder = tmp_path_factory.mktemp("judged")
    shutil.copytree(outlined_run, folder / "run")
    return folder / "run", Home.find(outlined_run.parent / "home")


@pytest.fixture(scope="module")
def elsewhere(balls, tmp_path_factory):
    """Six balls of three other patients, the values of whose masks are another's."""
    return balls(tmp_path_factory.mktemp("elsewhere") / "site", count=6, seed=9, name="Fremd", value=255)


@pytest.fixture(scope="module")
def result(place, elsewhere):
    run, home = place
    options = CohortOptions(**NAMES, mask_values={"255": "1"})
    return evaluate_outlined(run, elsewhere, options=options, home=home)


def test_the_numbers_are_those_of_masks_by_hand(place, elsewhere, result):
    run, _ = place
    segment, dice = segmenter_of(run), []
    for path in sorted((elsewhere / "images").iterdir()):
        truth = np.asarray(nibabel.load(elsewhere / "masks" / path.name).dataobj) > 0
        called = segment(path).labels > 0
        dice.append(2 * (called & truth).sum() / (called.sum() + truth.sum()))
    assert result["split"] == "external:site"
    told = result["metrics"]["dice"]
    assert told["value"] == pytest.approx(np.mean(dice)) and (told["n"], told["n_patients"]) == (6, 3)
    assert result["metrics"]["per_class"]["1"]["dice"]["value"] == pytest.approx(np.mean(dice))
    assert told["low"] <= told["value"] <= told["high"]


def test_they_join_the_run_and_its_report(place, result):
    run, _ = place
    table = pd.read_parquet(run / "outlines.parquet")
    assert (table["split"] == "external:site").sum() == 6 and set(table["split"]) > {"val", "test"}
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["external:site"] == result["metrics"] and "test" in metrics
    assert metrics["_meta"]["empty"]["external:site"]["1"]["neither"] == 6
    assert "External: site" in (run / "report.html").read_text("utf-8")
    for path in run.rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert b"Fremd0" not in path.read_bytes()


def test_again_is_asked_for_and_takes_its_place(place, elsewhere, result):
    run, home = place
    options = CohortOptions(mask_values={"255": "1"})
    with pytest.raises(UsageError, match="already holds"):
        evaluate_outlined(run, elsewhere, options=options, home=home)
    again = evaluate_outlined(run, elsewhere, options=options, home=home, overwrite=True)
    assert again["metrics"]["dice"]["n_patients"] is None
    assert (pd.read_parquet(run / "outlines.parquet")["split"] == "external:site").sum() == 6


def test_what_was_learnt_from_judges_nothing(place, outlined_cohort):
    run, home = place
    options = CohortOptions(**NAMES)
    with pytest.raises(LeakageError):
        evaluate_outlined(run, outlined_cohort, options=options, name="own", on_leak="error", home=home)
    found = evaluate_outlined(run, outlined_cohort, options=options, name="own", home=home)
    tested = json.loads((run / "split.json").read_text())["test"]
    assert found["metrics"]["dice"]["n"] == len(tested)
    assert found["metrics"]["dice"]["value"] == json.loads((run / "metrics.json").read_text())["test"]["dice"]["value"]


def test_what_cannot_be_read_is_left_out_and_told(place, balls, tmp_path):
    run, home = place
    there = balls(tmp_path / "damaged", count=4, seed=10, name="Bruch")
    broken = sorted((there / "images").iterdir())[0]
    content = nibabel.load(broken)
    nibabel.save(nibabel.Nifti1Image(np.full(content.shape, np.nan, np.float32), content.affine), broken)
    found = evaluate_outlined(run, there, home=home)
    assert found["metrics"]["dice"]["n"] in (3, 4) and len(found["set_aside"]) == 4 - found["metrics"]["dice"]["n"]


def test_structures_that_the_run_does_not_know_and_other_mistakes(place, elsewhere, tmp_path):
    run, home = place
    with pytest.raises(CohortError, match=r"'foreground'.*--mask-values 255=1"):
        evaluate_outlined(run, elsewhere, name="foreign", home=home)
    with pytest.raises(UsageError, match="leave them out"):
        evaluate_outlined(run, elsewhere, site=NewSite(4), home=home)
    (tmp_path / "bare").mkdir()
    shutil.copytree(elsewhere / "images", tmp_path / "bare" / "images")
    with pytest.raises(CohortError, match="mask"):
        evaluate_outlined(run, tmp_path / "bare", name="bare", home=home)


def test_the_command(place, elsewhere, capsys):
    from medgraft.cli.main import main

    run, home = place
    words = ["evaluate", str(run), str(elsewhere), "--name", "told", "--patient-regex", NAMES["patient_regex"]]
    words += ["--mask-values", "255=1", "--home", str(home.path)]
    assert main(words) == 0
    assert "dice" in capsys.readouterr().out
    assert main([*words[:4], "other", *words[5:], "--by", "site"]) == 2
    assert "--by and --clinical are for runs that give labels" in capsys.readouterr().err
