"""Stages of a segmentation on a cohort of made balls: what they write agrees with a computation by hand."""

import json

import nibabel
import numpy as np
import pandas as pd
import pytest


def test_the_numbers_are_those_of_the_masks_that_were_predicted(outlined_run):
    from safetensors.numpy import load

    table, links = (
        pd.read_parquet(outlined_run / "outlines.parquet"),
        pd.read_parquet(outlined_run / "private" / "links.parquet"),
    )
    metrics = json.loads((outlined_run / "metrics.json").read_text())
    kept = {
        path.stem: load(path.read_bytes())["labels"]
        for path in (outlined_run / "private" / "outlines").rglob("*.safetensors")
    }
    assert set(table["case_id"]) == set(kept) and set(table["split"]) == {"val", "test"}
    dice = {}
    for case, labels in kept.items():
        source = links.set_index("case_id").loc[case, "path"]
        truth = np.asarray(nibabel.load(str(source).replace("images", "masks")).dataobj)
        both = np.logical_and(labels, truth).sum()
        assert labels.shape == truth.shape
        dice[case] = 2 * both / (labels.astype(bool).sum() + truth.sum())
        row = table.set_index("case_id").loc[case]
        assert row["dice"] == pytest.approx(dice[case]) and row["size_unit"] == "mL"
        assert row["volume_true"] == pytest.approx(truth.sum() * 2 / 1000)
    tested = table[table["split"] == "test"]["case_id"]
    assert metrics["test"]["dice"]["value"] == pytest.approx(np.mean([dice[case] for case in tested]))
    assert metrics["test"]["dice"]["value"] > 0.8 and metrics["_meta"]["task"] == "segmentation"
    assert (
        metrics["test"]["dice"]["n_patients"]
        == tested.map(pd.read_parquet(outlined_run / "cohort.parquet").set_index("case_id")["patient_id"]).nunique()
    )


def test_patients_stay_together_and_nothing_private_lies_outside(outlined_run):
    split, cases = (
        json.loads((outlined_run / "split.json").read_text()),
        pd.read_parquet(outlined_run / "cohort.parquet"),
    )
    patient = cases.set_index("case_id")["patient_id"]
    parts = [set(patient[split[part]]) for part in ("train", "val", "test")]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    for path in outlined_run.rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert b"Muster0" not in path.read_bytes()


def test_what_is_outlined_is_noted_at_the_first_reading(outlined_cohort, monkeypatch, tmp_path):
    from types import SimpleNamespace

    from medgraft.data.cohort.options import CohortOptions
    from medgraft.data.cohort.read import read_cohort
    from medgraft.data.imaging.reader import ImageReader
    from medgraft.data.outlines.statistics import extent_of
    from medgraft.experiment.stages.outlines import StudyReader
    from medgraft.home import Home

    reader = ImageReader()
    cohort = read_cohort(outlined_cohort, CohortOptions(), home=Home.find(tmp_path), reader=reader)
    work = SimpleNamespace(cohort=cohort, reader=reader, task=SimpleNamespace(labels=("1",)))
    studies, read = StudyReader(work), []
    monkeypatch.setattr(reader, "volume", lambda path, whole=reader.volume: read.append(path) or whole(path))
    study = studies(0)
    assert studies.extent(0) == extent_of(study.labels, ("1",), study.content.spacing)
    assert studies.extent(1).classes["1"][0] > 0 and studies.extent(1) is studies.extent(1)
    assert len(read) == 2
