"""The table of a run is checked before anything is computed, and one that tells the answer is not believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.data.cohort.cohort import Cohort
from medgraft.errors import CohortError, ConfigError, LeakageError
from medgraft.experiment.clinical_table import clinical_rows
from medgraft.experiment.config import resolve_config
from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json
from medgraft.progress import Progress

PATIENTS = [f"P{number}" for number in range(40)]
LABELS = ["benign", "malignant"] * 20


@pytest.fixture
def given(tmp_path):
    """``given(columns, **settings)``: what comes of a table with these columns, and the notices."""

    def one(columns, *, multi=False, **settings):
        file = tmp_path / "clinic.csv"
        pd.DataFrame({"patient": PATIENTS, **columns}).to_csv(file, index=False)
        table = pd.DataFrame({"patient": PATIENTS, "label": LABELS, "path": [f"/x/{name}.png" for name in PATIENTS]})
        if multi:
            table["label:a"] = 1.0
        progress = Progress()
        config = resolve_config(flags={"clinical.file": file, **settings})
        found = clinical_rows(config, Cohort(table, ("benign", "malignant"), "", ""), progress)
        return *found, list(progress.notices)

    return one


AGE = {"age": np.arange(40.0)}
ANSWER = {"verdict": [label.upper() for label in LABELS]}


def test_no_table_is_no_table():
    config = resolve_config()
    assert clinical_rows(config, Cohort(pd.DataFrame(), (), "", ""), Progress()) == (None, None)


def test_a_column_that_is_the_answer_goes_by_the_leak_policy(given):
    rows, digest, told = given({**AGE, **ANSWER})
    assert [column.name for column in rows.columns] == ["age"]
    assert len(digest) == 64
    assert any("verdict equals the label" in note and "left out" in note for note in told)
    kept, _, told = given({**AGE, **ANSWER}, **{"split.on_leak": "keep"})
    assert [column.name for column in kept.columns] == ["age", "verdict"]
    assert any("leak kept" in note for note in told)
    with pytest.raises(LeakageError, match="verdict equals the label"):
        given({**AGE, **ANSWER}, **{"split.on_leak": "error"})
    with pytest.raises(LeakageError, match="no other column"):
        given(ANSWER)


def test_several_labels_and_too_few_rows_are_refused(given):
    with pytest.raises(ConfigError, match="several labels a case"):
        given(AGE, multi=True)
    with pytest.raises(CohortError, match="fewer than 10 cases of benign, malignant have a row"):
        given({**AGE, "patient": [*PATIENTS[:12], *(f"Q{number}" for number in range(28))]})


def test_a_wrong_column_leaves_the_folder_free(fitted, with_table, tmp_path):
    flags = {"clinical.file": with_table.table, "clinical.columns": ["agee"]}
    with pytest.raises(CohortError, match="the column 'agee' is not there"):
        fit_run(fitted.cohort, tmp_path / "run", flags=flags, home=fitted.home)
    assert not (tmp_path / "run").exists()


def test_the_run_knows_the_table_by_name_and_digest_and_not_by_place(with_table):
    config = read_json(with_table.run / "config.json")
    assert config["clinical"]["file"] == "clinic.csv"
    assert len(config["resolved"]["clinical"]) == 64
    assert str(with_table.table.parent) not in (with_table.run / "config.json").read_text("utf-8")
