"""A model that looks at brightness alone loses by exposure, from a severity that can be worked out, and not by blur."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image as PillowImage
from torch import nn

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.errors import UsageError
from medgraft.experiment.predicting import evaluate_run
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.robustness import Evaluated, drawn_by_patient, require_pictures, robustness_stage
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.robustness.corruptions.policy import corruptions_for
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel
from medgraft.use.prediction.predictor import Predictor

DARK, BRIGHT, CUT = 0.3, 0.52, 0.4
NETWORK = "brightness-alone"


def brightness():
    network = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with torch.no_grad():
        network[0].weight.fill_(1 / 3)
    return network


@pytest.fixture(scope="module")
def registered():
    register_backbone(NETWORK, brightness, size=24, mean=(0.0,) * 3, std=(1.0,) * 3)


def predictor(home, task):
    backbone = resolve_backbone(NETWORK, home=home)
    slope = np.array([[0.0], [200.0]], np.float32)
    bundle = Bundle(
        backbone=backbone.facts,
        checksum=backbone.facts.checksum,
        state={key: value.numpy() for key, value in backbone.build(3).state_dict().items()},
        head=LinearHead(slope, -CUT * slope[:, 0]),
        preprocessing=Preprocessing(size=24, channels=3),
        task=task,
        calibration=Calibration(threshold=0.5, threshold_from="val"),
        strategy={"kind": "linear-probe"},
        engine="torch",
        frozen=True,
    )
    return Predictor(bundle, home)


@pytest.fixture
def told(tmp_path, registered):
    """A run folder and eight grainy cases, half of them dark."""
    rows = []
    for number in range(8):
        rng = np.random.default_rng(number)
        level = DARK if number % 2 else BRIGHT
        grain = rng.normal(0, 0.03, (24, 24))
        path = tmp_path / f"{number}.png"
        PillowImage.fromarray(np.uint8(np.round(255 * (level + grain - grain.mean())))).convert("RGB").save(path)
        rows.append(
            {"case_id": f"c{number}", "path": path, "member": "", "sha256": str(number), "patient_id": f"p{number}"}
        )
    table = pd.DataFrame(rows).assign(site=None, modality="unknown", label=["bright", "dark"] * 4)
    table[["case_id", "modality"]].to_parquet(tmp_path / "cohort.parquet")
    return RunFolder(tmp_path), table


def stage(told, home, table=None, task=None):
    run, given = told
    evaluated = Evaluated("external:there", given if table is None else table, [None] * len(given), 0, 200)
    model = predictor(home, task or Classification(("dark", "bright"), "bright"))
    content = robustness_stage(run, model, evaluated, Progress())
    assert read_json(run / "robustness.json") == {"format_version": 1, **content}
    return content, {item["name"]: [one["value"] for one in item["accuracy"]] for item in content["corruptions"]}


def test_what_it_looks_at_hurts_and_the_rest_does_not(told, tmp_path):
    content, accuracy = stage(told, Home(tmp_path / "home"))
    up = [1.0] + [float(DARK * factor < CUT) / 2 + 0.5 for factor in (1.1, 1.2, 1.3, 1.4, 1.5)]
    down = [1.0] + [float(BRIGHT * factor > CUT) / 2 + 0.5 for factor in (0.9, 0.8, 0.7, 0.6, 0.5)]
    assert (up[3], up[4], down[2], down[3]) == (1.0, 0.5, 1.0, 0.5)
    assert set(accuracy) == set(corruptions_for("unknown", 3))
    expected = {"brightness-up": up, "brightness-down": down}
    for name, found in accuracy.items():
        assert found == expected.get(name, [1.0] * 6), name
    mean = [one["value"] for one in content["mean"]["accuracy"]]
    np.testing.assert_allclose(mean, np.mean(list(accuracy.values()), axis=0))
    assert (content["modality"], content["channels"], content["cases"]) == ("unknown", 3, 8)


def test_the_modality_is_the_users_word_else_the_runs(told, tmp_path):
    run, table = told
    table[["case_id"]].assign(modality="fundus").to_parquet(run / "cohort.parquet")
    _, of_run = stage(told, Home(tmp_path / "home"))
    assert set(of_run) == set(corruptions_for("fundus", 3))
    _, of_user = stage(told, Home(tmp_path / "home"), table.assign(modality="ultrasound"))
    assert set(of_user) == set(corruptions_for("ultrasound", 3))


def test_of_several_labels_the_known_ones_count(told, tmp_path):
    _, table = told
    known = table["label"].map({"bright": 1.0, "dark": 0.0})
    several = table.assign(**{"label:dark": np.nan, "label:bright": known})
    _, accuracy = stage(told, Home(tmp_path / "home"), several, MultiLabel(("dark", "bright")))
    assert accuracy["gaussian-blur"][0] == 1.0


def test_whole_patients_are_drawn():
    table = pd.DataFrame({"case_id": list("abcdefgh"), "patient_id": ["p", "p", "p", "q", "q", None, None, "r"]})
    rows = drawn_by_patient(table, 4, seed=1)
    assert len(rows) <= 4
    for patient in ("p", "q", "r"):
        assert table["patient_id"].iloc[rows].eq(patient).sum() in (0, table["patient_id"].eq(patient).sum())
    np.testing.assert_array_equal(rows, drawn_by_patient(table, 4, seed=1))
    np.testing.assert_array_equal(drawn_by_patient(table, 8, seed=1), np.arange(8))
    assert len(drawn_by_patient(table.iloc[:3], 2, seed=0)) == 2  # one patient with more than may take part


def test_volumes_are_refused():
    with pytest.raises(UsageError, match="--corruptions or --attacks on volumes"):
        require_pictures(pd.DataFrame({"member": ["", WHOLE]}))


def test_through_the_verb(fitted, tmp_path):
    """As it is, a case is answered as ``evaluate`` answers it."""
    shutil.copytree(fitted.run, tmp_path / "run")
    result = evaluate_run(tmp_path / "run", fitted.cohort, corruptions=True, home=fitted.home)
    told = read_json(tmp_path / "run" / "robustness.json")
    assert told["mean"]["accuracy"][0]["value"] == result["metrics"]["accuracy"]["value"]
    assert told["split"] == result["split"]
    assert told["mean"] == result["robustness"]["mean"]
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "When pictures get worse" in page
    assert not any("robustness" in text for text in read_json(tmp_path / "run" / "metrics.json")["_meta"]["warnings"])
