"""Stages of a segmentation on a cohort of made balls: what they write agrees with a computation by hand."""

import json

import nibabel
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("monai")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Fifteen small volumes with one ball each, as NIfTI, two of each patient but the last."""
    folder = tmp_path_factory.mktemp("balls")
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number in range(15):
        shape = (20, 18, 12)
        grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"))
        centre = rng.uniform(0.4, 0.6, 3) * shape
        inside = (((grid - centre[:, None, None, None]) * np.array([1, 1, 2])[:, None, None, None]) ** 2).sum(0) < 25
        values = rng.normal(100, 8, shape) + 80 * inside
        affine = np.diag([1.0, 1.0, 2.0, 1.0])
        name = f"P{number // 2:02d}-{number}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), affine), folder / "images" / name)
        nibabel.save(nibabel.Nifti1Image(inside.astype(np.uint8), affine), folder / "masks" / name)
    return folder


@pytest.fixture(scope="module")
def run(cohort, tmp_path_factory):
    """A finished run."""
    from medgraft.experiment.fitting import fit_run
    from medgraft.home import Home

    folder = tmp_path_factory.mktemp("run")
    sets = ["segmentation.epochs=12", "segmentation.width=4", "segmentation.lr=0.01", "evaluation.replicates=100"]
    home = Home.find(folder / "home")
    flags = {"data.patient_regex": r"^(P\d+)-"}
    fit_run(cohort, folder / "run", sets=sets, flags=flags, home=home)
    return folder / "run"


def test_the_numbers_are_those_of_the_masks_that_were_predicted(run, cohort):
    from safetensors.numpy import load

    table, links = pd.read_parquet(run / "outlines.parquet"), pd.read_parquet(run / "private" / "links.parquet")
    metrics = json.loads((run / "metrics.json").read_text())
    kept = {path.stem: load(path.read_bytes())["labels"] for path in (run / "private" / "outlines").rglob("*.safetensors")}
    assert set(table["case_id"]) == set(kept) and set(table["split"]) == {"val", "test"}
    dice = {}
    for case, labels in kept.items():
        source = links.set_index("case_id").loc[case, "path"]
        truth = np.asarray(nibabel.load(str(source).replace("images", "masks")).dataobj)
        both = np.logical_and(labels.transpose(2, 1, 0), truth).sum()
        assert labels.transpose(2, 1, 0).shape == truth.shape
        dice[case] = 2 * both / (labels.astype(bool).sum() + truth.sum())
        row = table.set_index("case_id").loc[case]
        assert row["dice"] == pytest.approx(dice[case]) and row["size_unit"] == "mL"
        assert row["volume_true"] == pytest.approx(truth.sum() * 2 / 1000)
    tested = table[table["split"] == "test"]["case_id"]
    assert metrics["test"]["dice"]["value"] == pytest.approx(np.mean([dice[case] for case in tested]))
    assert metrics["test"]["dice"]["value"] > 0.8 and metrics["_meta"]["task"] == "segmentation"
    assert metrics["test"]["dice"]["n_patients"] == tested.map(
        pd.read_parquet(run / "cohort.parquet").set_index("case_id")["patient_id"]
    ).nunique()


def test_patients_stay_together_and_nothing_private_lies_outside(run):
    split, cases = json.loads((run / "split.json").read_text()), pd.read_parquet(run / "cohort.parquet")
    patient = cases.set_index("case_id")["patient_id"]
    parts = [set(patient[split[part]]) for part in ("train", "val", "test")]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    for path in run.rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert b"P00" not in path.read_bytes()


def test_facts_follow_their_schema(run):
    import jsonschema

    from medgraft.experiment import schemas

    schema = json.loads((__import__("pathlib").Path(schemas.__path__[0]) / "outline_facts.json").read_text("utf-8"))
    facts = json.loads((run / "outline_facts.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(facts)
    assert facts["agreement"]["foreground"]["n"] == len(json.loads((run / "split.json").read_text())["test"])


def test_pictures_for_the_report(run):
    import io

    from PIL import Image

    overlays = pd.read_parquet(run / "private" / "overlays.parquet")
    assert set(overlays["kind"]) == {"best", "median", "worst"}
    for row in overlays.to_dict("records"):
        sizes = {Image.open(io.BytesIO(row[name])).size for name in ("jpeg", "truth_png", "called_png")}
        assert len(sizes) == 1


def test_the_same_again_is_done_already(run, cohort):
    from medgraft.experiment.fitting import fit_run
    from medgraft.home import Home

    sets = ["segmentation.epochs=12", "segmentation.width=4", "segmentation.lr=0.01", "evaluation.replicates=100"]
    flags = {"data.patient_regex": r"^(P\d+)-"}
    again = fit_run(cohort, run, sets=sets, flags=flags, home=Home.find(run.parent / "home"))
    assert again.already_done


@pytest.fixture(scope="module")
def answers(run, cohort, tmp_path_factory):
    """Masks for three new files, one of them no picture."""
    from medgraft.experiment.outlining import outline_files
    from medgraft.home import Home

    out = tmp_path_factory.mktemp("masks")
    files = sorted((cohort / "images").iterdir())[:2]
    broken = out.parent / "broken.nii.gz"
    broken.write_bytes(b"no volume")
    home = Home.find(run.parent / "home")
    return out, files, outline_files(run, [*files, broken], out=out, home=home), home


def test_masks_lie_on_the_grid_of_their_source(run, answers):
    out, files, answer, home = answers
    for source in files:
        mask, given = nibabel.load(out / source.name), nibabel.load(source)
        assert mask.shape == given.shape and np.allclose(mask.affine, given.affine)
        row = answer.table[answer.table["mask"] == source.name].iloc[0]
        assert row["volume_ml"] == pytest.approx(np.asarray(mask.dataobj).sum() * 2 / 1000)
    assert (answer.table["reason"] != "").sum() == 1


def test_prediction_goes_on_where_it_was_broken_off(run, answers):
    from medgraft.experiment.outlining import outline_files

    out, files, answer, home = answers
    before = (out / files[0].name).stat().st_mtime_ns
    (out / files[1].name).unlink()
    again = outline_files(run, files, out=out, home=home)
    assert (out / files[0].name).stat().st_mtime_ns == before and (out / files[1].name).is_file()
    assert again.table["volume_ml"].tolist() == answer.table["volume_ml"].dropna().tolist()
    assert any("kept" in text for text in again.warnings)
