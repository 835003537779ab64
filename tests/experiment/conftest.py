"""What the tests of one verb share."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.experiment.fitting import fit_run


@pytest.fixture(scope="session")
def striped(tmp_path_factory):
    """72 grey pictures in two class folders; those of one class have stripes."""
    folder = tmp_path_factory.mktemp("data") / "striped"
    for number in range(72):
        rng = np.random.default_rng(number)
        coarse = np.kron(rng.random((6, 6)), np.ones((6, 6)))
        pixels = 0.6 * coarse + 0.4 * rng.random((36, 36))
        label = "striped" if number % 2 else "plain"
        if label == "striped":
            pixels[::4] *= 0.2
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 255).astype(np.uint8)).save(folder / label / f"{number:02d}.png")
    return folder


OUTLINING = {
    "sets": ["segmentation.epochs=12", "segmentation.width=4", "segmentation.lr=0.01", "evaluation.replicates=100"],
    "flags": {"data.patient_regex": r"^(Muster\d+)-"},
}
"""How ``outlined_run`` is fitted."""


@pytest.fixture(scope="session")
def outlining():
    """The same, for tests."""
    return OUTLINING


def write_balls(folder, *, count=15, seed=0, name="Muster", value=1, change=lambda values: values):
    """Small volumes with one ball each, as NIfTI, two of each patient but the last; ``value``: of the ball's mask;
    ``change``: of intensities, which are 100 ± 8, and 80 more in the ball."""
    import nibabel

    rng = np.random.default_rng(seed)
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        shape = (20, 18, 12)
        grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"))
        centre = rng.uniform(0.4, 0.6, 3) * shape
        inside = (((grid - centre[:, None, None, None]) * np.array([1, 1, 2])[:, None, None, None]) ** 2).sum(0) < 25
        values = change(rng.normal(100, 8, shape) + 80 * inside)
        affine = np.diag([1.0, 1.0, 2.0, 1.0])
        file = f"{name}{number // 2:02d}-{number}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), affine), folder / "images" / file)
        nibabel.save(nibabel.Nifti1Image(inside.astype(np.uint8) * np.uint8(value), affine), folder / "masks" / file)
    return folder


@pytest.fixture(scope="session")
def balls():
    """Writes such cohorts."""
    return write_balls


@pytest.fixture(scope="session")
def outlined_cohort(tmp_path_factory):
    """Fifteen of them."""
    return write_balls(tmp_path_factory.mktemp("balls"))


@pytest.fixture(scope="session")
def outlined_run(outlined_cohort, tmp_path_factory):
    """A finished segmentation of it."""
    pytest.importorskip("monai")
    from medgraft.experiment.fitting import fit_run
    from medgraft.home import Home

    folder = tmp_path_factory.mktemp("run")
    fit_run(outlined_cohort, folder / "run", **OUTLINING, home=Home.find(folder / "home"))
    return folder / "run"


@pytest.fixture(scope="session")
def with_table(fitted, tmp_path_factory):
    """A fit on the small phantom with a clinical table: ``run table cohort home``. The marker tells the label half
    of the way, the verdict wholly, two patients have no row, and some cells are empty."""
    folder = tmp_path_factory.mktemp("with-table")
    rows = pd.read_csv(fitted.cohort / "table.csv").drop_duplicates("patient")
    rng, yes = np.random.default_rng(0), (rows["label"] == "nodule").to_numpy()
    told = pd.DataFrame({"patient": rows["patient"], "marker": (rng.normal(size=len(rows)) + 1.5 * yes).round(2)})
    told["age"] = rng.integers(30, 90, len(rows))
    told["sex"] = np.where(np.arange(len(rows)) % 2 == 0, "f", "m")
    told["crp"] = np.where(np.arange(len(rows)) % 4 == 0, np.nan, rng.lognormal(size=len(rows)).round(2))
    told["verdict"] = np.where(yes, "bad", "good")
    told.iloc[2:].to_csv(folder / "clinic.csv", index=False)
    sets = ['evaluation.bands={"age":[50,70]}']
    flags = {"clinical.file": folder / "clinic.csv", "evaluation.by": ["sex", "age", "site", "radius_mm"]}
    result = fit_run(fitted.cohort, folder / "run", sets=sets, flags=flags, home=fitted.home)
    return SimpleNamespace(
        run=folder / "run", table=folder / "clinic.csv", cohort=fitted.cohort, home=fitted.home, result=result
    )


def write_discs(folder, *, count=20, seed=0, name="Muster", masks=True, gain=1.0, offset=0.0):
    """Pictures of 64 pixels with a bright disc each, two of each patient; of grey values in [0, 1] ``gain`` times as
    much and ``offset`` more is written."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    for part in ("images", "masks") if masks else ("images",):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        radius, centre = rng.uniform(9, 14), rng.uniform(16, 48, 2)
        inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
        pixels = np.clip(gain * (rng.normal(0.3, 0.04, (64, 64)) + 0.4 * inside) + offset, 0, 1)
        file = f"{name}{number // 2:02d}-{number}.png"
        Image.fromarray((pixels * 255).round().astype(np.uint8)).save(folder / "images" / file)
        if masks:
            Image.fromarray(inside.astype(np.uint8) * np.uint8(255)).save(folder / "masks" / file)
    return folder


@pytest.fixture(scope="session")
def discs():
    """Writes such cohorts."""
    return write_discs


@pytest.fixture(scope="session")
def disc_run(tmp_path_factory):
    """A finished segmentation of twenty discs, by an encoder with a decoder: ``run cohort home``."""
    pytest.importorskip("monai")
    pytest.importorskip("segmentation_models_pytorch")
    from medgraft.home import Home

    folder = tmp_path_factory.mktemp("discs")
    cohort, home = write_discs(folder / "cohort"), Home.find(folder / "home")
    sets = ["segmentation.epochs=8", "segmentation.epochs_frozen=4", "segmentation.width=4", "segmentation.lr=0.005"]
    flags = {"data.patient_regex": r"^([A-Z][a-z]+\d+)-"}
    fit_run(cohort, folder / "run", sets=[*sets, "evaluation.replicates=100"], flags=flags, home=home)
    return SimpleNamespace(run=folder / "run", cohort=cohort, home=home)


def draw_things(number):
    """(96, 128) uint8 with up to two bright squares or bars, and their boxes."""
    rng = np.random.default_rng(number)
    pixels, rows = rng.normal(50, 10, (96, 128)), []
    for half in range(2):
        if rng.random() < 0.15:
            continue
        label, height, width = ("bar", 14, 50) if rng.random() < 0.5 else ("square", 24, 30)
        x0 = int(rng.integers(0, 128 - width + 1))
        y0 = int(rng.integers(0, 48 - height + 1)) + half * 48
        pixels[y0 : y0 + height, x0 : x0 + width] += 150
        rows.append(Box(label, x0, y0, x0 + width, y0 + height))
    return np.clip(pixels, 0, 255).astype(np.uint8), Boxes(tuple(rows), (96, 128))


@pytest.fixture(scope="session")
def things():
    """Draws such pictures."""
    return draw_things
