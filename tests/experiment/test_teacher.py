"""A student of a run: it answers like its teacher, and cannot be taught what its test set holds."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from medgraft.errors import ConfigError, LeakageError
from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json, write_json
from medgraft.progress import Progress

QUICK = ["strategy.kind=distill", "strategy.epochs=1", "strategy.augment=false"]


def test_a_student_of_a_run(fitted, tmp_path):
    run = tmp_path / "student"
    fit_run(fitted.cohort, run, sets=[*QUICK, f"strategy.teacher={fitted.run}"], home=fitted.home)
    config = read_json(run / "config.json")
    assert config["strategy"]["teacher"] == config["resolved"]["teacher"]["name"] == fitted.run.name
    assert str(fitted.run.parent) not in (run / "config.json").read_text() + (run / "bundle" / "model.json").read_text()
    facts = read_json(run / "timings.json")["facts"]
    rows = pd.read_parquet(fitted.run / "predictions.parquet").query("split == 'val'")
    chances = [row[f"p_{row['y_true']}"] for _, row in rows.iterrows()]
    assert facts["teacher"]["val_loss"] == pytest.approx(float(-np.log(chances).mean()), rel=1e-6)


def test_a_teacher_that_saw_the_test_set_is_refused(fitted, tmp_path):
    teacher = tmp_path / "teacher"
    shutil.copytree(fitted.run, teacher)
    split = read_json(teacher / "split.json")
    split["train"] = [*split["train"], split["test"][0]]
    write_json(teacher / "split.json", split)
    with pytest.raises(LeakageError, match=r"learnt from 1 of the \d+ test cases"):
        fit_run(fitted.cohort, tmp_path / "run", sets=[*QUICK, f"strategy.teacher={teacher}"], home=fitted.home)


def test_no_teacher_and_another_question(fitted, tmp_path):
    with pytest.raises(ConfigError, match="a run folder that `fit` made is needed"):
        fit_run(fitted.cohort, tmp_path / "run", sets=QUICK, home=fitted.home)
    assert not (tmp_path / "run").exists()
    classes = {"data.label_map": {"nodule": "spot"}}
    with pytest.raises(ConfigError, match="it knows the classes"):
        fit_run(
            fitted.cohort,
            tmp_path / "run",
            sets=[*QUICK, f"strategy.teacher={fitted.run}"],
            flags=classes,
            home=fitted.home,
        )


def test_a_bundle_alone_is_taken_with_a_word(fitted, tmp_path):
    progress = Progress()
    fit_run(
        fitted.cohort,
        tmp_path / "run",
        sets=[*QUICK, f"strategy.teacher={fitted.run / 'bundle'}"],
        home=fitted.home,
        progress=progress,
    )
    assert any("nobody can say what it has seen" in text for text in progress.notices)
