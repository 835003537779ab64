"""The run folder's JSON files are what the schemas say: on a real run, and with planted faults."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from medgraft.cli.main import main
from medgraft.data.phantom.cohort import write_phantom

SCHEMAS = Path(__file__).resolve().parents[3] / "src" / "medgraft" / "experiment" / "schemas"
FILES = {
    "audit": "audit.json",
    "calibration": "bundle/calibration.json",
    "config": "config.json",
    "labels": "bundle/labels.json",
    "metrics": "metrics.json",
    "model": "bundle/model.json",
    "preprocessing": "bundle/preprocessing.json",
    "split": "split.json",
}
CASE = "0123456789abcdef"


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One real run on a small phantom."""
    folder = tmp_path_factory.mktemp("schemas")
    data = write_phantom(folder / "cohort", patients=16, images_per_patient=(1, 2), size=64, seed=3)
    assert main(["fit", str(data), "--out", str(folder / "run")]) == 0
    return folder / "run"


def test_there_is_a_schema_for_each_file():
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(FILES)


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


@pytest.mark.parametrize(("name", "content"), [("split", SPLIT), ("metrics", METRICS)])
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
    ],
)
def test_a_planted_fault_is_noticed(name, place, value):
    content = copy.deepcopy({"split": SPLIT, "metrics": METRICS}[name])
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert not _validator(name).is_valid(content)
