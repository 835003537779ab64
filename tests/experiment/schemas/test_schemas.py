"""The run folder's JSON files are what the schemas say: on a real run, and with planted faults."""

from __future__ import annotations

import copy
import csv
import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from medgraft.cli.main import main
from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.contouring import Planning, contour_series
from medgraft.experiment.tracking import track_studies
from medgraft.measure.detection.catalogue import DETECTION
from medgraft.measure.metrics.catalogue import METRICS as METRICS_BY_NAME
from medgraft.measure.metrics.catalogue import OF_GRADES
from medgraft.use.prediction.segmented import Segmented

SCHEMAS = Path(__file__).resolve().parents[3] / "src" / "medgraft" / "experiment" / "schemas"
FILES = {
    "adaptation": "adaptation.json",
    "audit": "audit.json",
    "comparison": "comparison.json",
    "learning_curve": "learning_curve.json",
    "calibration": "bundle/calibration.json",
    "clinical": "bundle/clinical.json",
    "config": "config.json",
    "explanations": "explanations.json",
    "fusion": "fusion.json",
    "follow-up": "follow-up.json",
    "labels": "bundle/labels.json",
    "ladder": "ladder.json",
    "loso": "loso.json",
    "measurements": "measurements.json",
    "metrics": "metrics.json",
    "model": "bundle/model.json",
    "preprocessing": "bundle/preprocessing.json",
    "robustness": "robustness.json",
    "shift": "shift.json",
    "split": "split.json",
    "subgroups": "subgroups.json",
    "timings": "timings.json",
    "trust": "trust.json",
}
OF_OUTLINES = {"legend", "outline_facts"}
"""What a segmentation writes besides; it is held against its schema in ``stages/test_outline_scores`` and
``test_outlines``."""
CASE = "0123456789abcdef"


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


def _clinical_table(data: Path, folder: Path) -> Path:
    """A row a patient, with gaps."""
    with (data / "table.csv").open(newline="", encoding="utf-8") as file:
        patients = sorted({row["patient"] for row in csv.DictReader(file)})
    rows = [f"{name},{40 + number},{'fm'[number % 2] if number % 3 else ''}" for number, name in enumerate(patients)]
    (folder / "clinical.csv").write_text("\n".join(["patient,age,sex", *rows]) + "\n", "utf-8")
    return folder / "clinical.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One real run on a small phantom."""
    folder = tmp_path_factory.mktemp("schemas")
    data = write_phantom(folder / "cohort", patients=16, images_per_patient=(1, 2), size=64, seed=3)
    budget = [
        "--budget",
        "20s",
        "--backbones",
        "tf_efficientnet_lite0,classical",
        "--set",
        "search.upper=[]",
        "--compare",
        "classical",
        "--clinical",
        str(_clinical_table(data, folder)),
        "--by",
        "sex,site,radius_mm",
    ]
    assert main(["fit", str(data), "--out", str(folder / "run"), *budget]) == 0
    assert main(["shift", str(data), "--target", str(data), "--out", str(folder / "shift")]) == 0
    shutil.copy(folder / "shift" / "shift.json", folder / "run")
    there = write_phantom(folder / "there", patients=24, images_per_patient=(1, 1), size=64, seed=4)
    assert main(["evaluate", str(folder / "run"), str(there), "--corruptions"]) == 0
    assert main(["adapt", str(folder / "run"), "--target", str(there), "--out", str(folder / "adapted")]) == 0
    shutil.copy(folder / "adapted" / "adaptation.json", folder / "run")
    _outline(folder)
    return folder / "run"


def _outline(folder: Path) -> None:
    """What `track` and `contour` write of a picture with two squares, without a network."""
    labels = np.zeros((40, 40), np.uint8)
    labels[5:20, 5:20], labels[25:30, 25:30] = 1, 2
    Image.fromarray(labels).save(folder / "one.png")
    shutil.copy(folder / "one.png", folder / "other.png")

    def segment(_: Path) -> Segmented:
        return Segmented(labels, (1.0, 1.0), None, {1: "a", 2: "b"})

    run = folder / "run"
    track_studies([folder / "one.png", folder / "other.png"], segment, out=run, days=[0, 9], relative_sd={"a": 0.1})
    contour_series(folder / "one.png", segment, out=run, planning=Planning("png", (2.0,), (("a", "b"),)))


def test_there_is_a_schema_for_each_file():
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(FILES) | OF_OUTLINES


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_schema_is_a_schema(name):
    validator = _validator(name)
    validator.check_schema(validator.schema)
    assert validator.schema["title"] == FILES[name]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_real_run_fits_its_schema(name, run):
    content = json.loads((run / FILES[name]).read_text("utf-8"))
    problems = [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(content)]
    assert not problems, "\n".join(problems)


def test_every_metric_has_its_name_in_the_schema():
    names = {name for name, _ in METRICS_BY_NAME.items()} | {metric.name for metric in OF_GRADES}
    names |= {name for name, _ in DETECTION.items()}
    of_trust = {"ece_debiased", "refused", "set_coverage", "set_size"}
    assert names | of_trust == set(_validator("metrics").schema["$defs"]["split"]["properties"]) - {"per_class"}


SPLIT = {
    "format_version": 1,
    "given": False,
    "seed": 0,
    "fractions": {"train": 0.64, "val": 0.16, "test": 0.2},
    "leak_policy": "drop",
    "leaking": False,
    "train": [CASE],
    "val": [],
    "test": [],
    "dropped": [{"case": CASE, "from": "train", "reason": "patient is in test"}],
}
METRIC = {"value": 0.9, "low": 0.8, "high": 1.0, "n": 10, "n_patients": None}
METRICS = {
    "format_version": 1,
    "test": {"auroc": METRIC, "per_class": {"<b>": {"f1": METRIC}}},
    "external:elsewhere": {"accuracy": METRIC},
    "_meta": {"positive_label": None, "warnings": []},
}
TIMINGS = {
    "format_version": 1,
    "seconds": {"startup": 1.5, "embed": 0.25},
    "forward_passes": 10,
    "decodes": 0,
    "facts": {"C": 0.1, "probe": {"C": 0.1}},
}
CONFIG = {
    "format_version": 1,
    "seed": 0,
    "data": {"table": "table.csv"},
    "strategy": {"kind": "linear-probe"},
    "cohort_name": "良性",
    "synthetic": False,
    "data_digest": "0" * 64,
    "resolved": {
        "backbone": {"name": "resnet18", "weights": "random", "checksum": "random:0"},
        "preprocessing": {
            "size": 224,
            "channels": 1,
            "fit": "pad",
            "interpolation": "bilinear",
            "intensity": {"low": -1000.0, "high": 400.0},
            "filters": [],
        },
        "device": "cpu",
    },
    "versions": {"python": "3.11.0"},
}
GOOD = {"config": CONFIG, "metrics": METRICS, "split": SPLIT, "timings": TIMINGS}


@pytest.mark.parametrize(("name", "content"), GOOD.items(), ids=GOOD)
def test_what_fits_is_let_through(name, content):
    assert _validator(name).is_valid(content)


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("split", ("format_version",), 2),
        ("split", ("leak_policy",), "ignore"),
        ("split", ("train",), [CASE, CASE]),
        ("split", ("train",), ["/a/path.png"]),
        ("split", ("dropped", 0, "from"), "training"),
        ("metrics", ("testing",), {}),
        ("metrics", ("test", "AUC"), METRIC),
        ("metrics", ("test", "auroc", "value"), "0.9"),
        ("metrics", ("test", "auroc", "threshold_from"), "test"),
        ("timings", ("seconds", "embed"), -1.0),
        ("timings", ("decodes",), None),
        ("config", ("data", "table"), "/a/path/table.csv"),
        ("config", ("data", "table"), "C:\\a\\table.csv"),
        ("config", ("data_digest",), "short"),
        ("config", ("resolved", "backbone", "file"), "/a/path.pth"),
        ("config", ("resolved", "preprocessing", "channels"), 4),
        ("config", ("resolved", "device"), "auto"),
    ],
)
def test_a_planted_fault_is_noticed(name, place, value):
    content = copy.deepcopy(GOOD[name])
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert not _validator(name).is_valid(content)
