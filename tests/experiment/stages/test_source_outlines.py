"""The source out of a run's folder: training cases with their masks, and what it outlines itself."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.outlines import StudyReader
from medgraft.experiment.stages.source_outlines import outlined_shares, source_cohort
from medgraft.experiment.tables import read_table
from medgraft.files import read_json


def test_training_cases_with_their_masks(outlined_run):
    run = RunFolder(outlined_run)
    cohort = source_cohort(run)
    assert sorted(cohort.table["case_id"]) == sorted(read_json(run / "split.json")["train"])
    study = StudyReader(cohort, ImageReader(), ("other", "1"))(0)
    assert set(np.unique(study.labels)) == {0, 2}  # by the name of the structure


def test_shares_are_of_the_runs_own_validation_and_test_cases(outlined_run):
    table = read_table(outlined_run / "outlines.parquet")
    volume = 20 * 18 * 12 * 2 / 1000
    found = outlined_shares(RunFolder(outlined_run), {1: "1"})
    assert found["1"] == pytest.approx((table["volume_called"] / volume).mean())


def test_a_folder_without_its_private_part(outlined_run, tmp_path):
    shutil.copytree(outlined_run, tmp_path / "run", ignore=shutil.ignore_patterns("private"))
    run = RunFolder(tmp_path / "run")
    assert outlined_shares(run, {1: "1"}) is None
    with pytest.raises(UsageError, match=r"private/links.parquet is not here"):
        source_cohort(run)
