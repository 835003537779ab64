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
    from medgraft.data.cohort.options import CohortOptions
    from medgraft.data.cohort.read import read_cohort
    from medgraft.data.imaging.reader import ImageReader
    from medgraft.data.outlines.statistics import extent_of
    from medgraft.experiment.stages.outlines import StudyReader
    from medgraft.home import Home

    reader = ImageReader()
    cohort = read_cohort(outlined_cohort, CohortOptions(), home=Home.find(tmp_path), reader=reader)
    studies, read = StudyReader(cohort, reader), []
    monkeypatch.setattr(reader, "volume", lambda path, whole=reader.volume: read.append(path) or whole(path))
    study = studies(0)
    assert studies.extent(0) == extent_of(study.labels, ("1",), study.content.spacing)
    assert studies.extent(1).classes["1"][0] > 0 and studies.extent(1) is studies.extent(1)
    assert len(read) == 2


def test_structures_are_joined_by_name(tmp_path):
    """Ids of another cohort become those of the run; what the masks do not know is not judged."""
    from types import SimpleNamespace

    from PIL import Image as Pillow

    from medgraft.data.cohort.options import CohortOptions
    from medgraft.data.cohort.read import read_cohort
    from medgraft.data.imaging.reader import ImageReader
    from medgraft.experiment.evaluating_outlines import judged_names
    from medgraft.experiment.stages.outlines import Outlining, StudyReader
    from medgraft.home import Home
    from medgraft.progress import Progress
    from medgraft.transfer.tasks.segmentation import Segmentation

    stored = np.zeros((40, 40), np.uint8)
    stored[5:15, 5:15], stored[20:30, 20:30] = 7, 9
    for part, values in (("images", stored * 20), ("masks", stored)):
        (tmp_path / "data" / part).mkdir(parents=True)
        Pillow.fromarray(values).save(tmp_path / "data" / part / "one.png")
    options = CohortOptions(task="segmentation", mask_values={"7": "c", "9": "a"})
    cohort = read_cohort(tmp_path / "data", options, home=Home(tmp_path / "home"), reader=ImageReader())
    task, progress = Segmentation(("a", "b", "c")), Progress()
    studies = StudyReader(cohort, ImageReader(), task.labels)
    ids = studies(0).labels
    assert (ids[5:15, 5:15] == 3).all() and (ids[20:30, 20:30] == 1).all() and (ids > 0).sum() == 200

    called = ids.copy()
    called[30:, :5] = 2  # of a structure that nobody looked for
    bundle = SimpleNamespace(task=task, outliner=lambda device: lambda study: called)
    names = judged_names(bundle, cohort, progress)
    assert names == {1: "a", 3: "c"} and "do not know b" in progress.notices[0]
    found = Outlining(studies, bundle, tmp_path / "kept", "cpu", names).judged({0: "external:x"}, progress)
    assert found.table["label"].tolist() == ["a", "c"] and found.table["dice"].tolist() == [1.0, 1.0]


def test_what_the_values_mean_stays_with_the_run(outlined_run, repository):
    import jsonschema

    from medgraft.data.outlines.legend import Legend

    path = outlined_run / "private" / "legend.json"
    found = json.loads(path.read_text())
    schema = json.loads((repository / "src/medgraft/experiment/schemas/legend.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert Legend.restore(found).names == ("1",) and path.stat().st_mode & 0o77 == 0
