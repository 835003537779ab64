"""A run that finds boxes is judged at another site: by hand, by name, and never on what it has learnt from."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.outlines.box_frame import boxes_of, read_boxes
from medgraft.errors import CohortError, LeakageError, UsageError
from medgraft.experiment.evaluating_boxes import evaluate_boxed
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.stages.recalibrating import NewSite
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.measure.detection.evaluation import evaluate_boxes
from medgraft.measure.detection.matching import ImageBoxes
from medgraft.progress import Progress
from medgraft.source.embedding.embed import Picture
from medgraft.use.prediction.box_finder import BoxFinder

NAMES = CohortOptions(patient_regex=r"^([A-Z][a-z]+\d+)-")
QUICK = {"size": 64, "width": 32, "convolutions": 1, "epochs": 6, "lr": 4e-3, "ema": 0.9, "augment": False}


@pytest.fixture(scope="module")
def written(things):
    """Writes pictures, two a patient, and their ``boxes.csv``; an empty picture has a row without corners."""

    def write(folder, count, first, name, label=lambda one: one):
        (folder / "images").mkdir(parents=True)
        rows, boxes = [], {}
        for number in range(count):
            file = f"{name}{number // 2:02d}-{number}.png"
            pixels, found = things(first + number)
            Image.fromarray(pixels).save(folder / "images" / file)
            boxes[file] = found
            corners = [(label(box.label), *box.corners) for box in found.rows] or [("", "", "", "", "")]
            rows += [(file, *row) for row in corners]
        with (folder / "boxes.csv").open("w", newline="") as out:
            csv.writer(out).writerows([("path", "label", "x0", "y0", "x1", "y1"), *rows])
        return boxes

    return write


@pytest.fixture(scope="module")
def found(written, tmp_path_factory):
    """A run, and six pictures of three other patients."""
    folder = tmp_path_factory.mktemp("found")
    written(folder / "own", 40, 0, "Muster")
    boxes = written(folder / "site", 6, 700, "Fremd")
    home = Home(folder / "home")
    sets = [f"detection.{key}={str(value).lower()}" for key, value in QUICK.items()]
    sets += ["backbone.name=test_resnet", "backbone.weights=random", "preprocess.size=64", "engine=torch"]
    flags = {"data.patient_regex": NAMES.patient_regex, "strategy.kind": "scratch"}
    fit_run(folder / "own", folder / "run", sets=[*sets, "evaluation.replicates=100"], flags=flags, home=home)
    result = evaluate_boxed(folder / "run", folder / "site", options=NAMES, home=home)
    return SimpleNamespace(folder=folder, run=folder / "run", home=home, boxes=boxes, result=result)


def test_the_numbers_are_those_of_pictures_by_hand(found):
    finder = BoxFinder.load(found.run)
    files = sorted((found.folder / "site" / "images").iterdir())
    kept = finder.kept([Picture(one, "", "") for one in files], reader=ImageReader(), progress=Progress())
    labels = finder.bundle.task.labels
    images = []
    for file, one in zip(files, kept, strict=True):
        predicted = {
            label: (one.boxes[one.kinds == kind], one.scores[one.kinds == kind]) for kind, label in enumerate(labels)
        }
        images.append(ImageBoxes(found.boxes[file.name].by_label(), predicted))
    again = evaluate_boxes(images, labels, replicates=2)
    told = found.result["metrics"]
    assert found.result["split"] == "external:site" and found.result["set_aside"] == []
    assert told["map50"]["value"] == pytest.approx(again["map50"]["value"]) and told["map50"]["value"] > 0.3
    assert (told["map50"]["n"], told["map50"]["n_patients"]) == (6, 3)
    assert told["map50"]["low"] <= told["map50"]["value"] <= told["map50"]["high"]


def test_they_join_the_run_and_its_report(found):
    metrics = read_json(found.run / "metrics.json")
    assert metrics["external:site"] == found.result["metrics"] and metrics["test"]["map50"]["n"] > 0
    assert metrics["_meta"]["boxes"]["external:site"]["bar"]["boxes"] == sum(
        label == "bar" for one in found.boxes.values() for label in one.labels
    )
    table = pd.read_parquet(found.run / "predicted_boxes.parquet")
    assert {"val", "test", "external:site"} == set(table["split"])
    truth = boxes_of(read_boxes(found.run / "boxes.parquet"))
    cases = set(table.loc[table["split"] == "external:site", "case_id"])
    assert sum(len(truth[case]) for case in cases & set(truth)) > 0
    page = (found.run / "report.html").read_text("utf-8")
    assert "site" in page and "Fremd" not in page


def test_once_under_a_name_and_again_when_asked(found):
    with pytest.raises(UsageError, match=r"already holds 'external:site'.*--overwrite"):
        evaluate_boxed(found.run, found.folder / "site", options=NAMES, home=found.home)
    again = evaluate_boxed(found.run, found.folder / "site", options=NAMES, home=found.home, overwrite=True)
    assert again["metrics"] == found.result["metrics"]


def test_what_was_learnt_from_does_not_judge(found):
    own = found.folder / "own"
    with pytest.raises(LeakageError, match="took part in training"):
        evaluate_boxed(found.run, own, options=NAMES, name="own", on_leak="error", home=found.home)
    kept = evaluate_boxed(found.run, own, options=NAMES, name="own", home=found.home)
    assert kept["metrics"]["map50"]["n"] == len(read_json(found.run / "split.json")["test"])


def test_labels_of_others_are_mapped_and_missing_classes_told(found, written):
    place = found.folder / "foreign"
    written(place, 6, 700, "Fremd", label={"bar": "bars", "square": "square"}.get)
    with pytest.raises(CohortError, match=r"'bars', which this run does not find.*did you mean 'bar'"):
        evaluate_boxed(found.run, place, options=NAMES, home=found.home)
    options = NAMES.model_copy(update={"label_map": {"bars": "bar"}})
    told = evaluate_boxed(found.run, place, options=options, home=found.home)
    assert told["metrics"] == found.result["metrics"]


def test_broken_pictures_and_mistakes(found, written):
    place = found.folder / "broken"
    written(place, 6, 700, "Fremd")
    (place / "images" / "Fremd00-0.png").write_bytes(b"not a picture")
    told = evaluate_boxed(found.run, place, options=NAMES, home=found.home)
    assert told["metrics"]["map50"]["n"] == 5
    assert [path.rpartition("/")[2] for path, _ in told["set_aside"]] == ["Fremd00-0.png"]
    for wrong, words in (
        ({"corruptions": True}, "--corruptions is not for boxes"),
        ({"attacks": True, "site": NewSite(0, 0.2)}, "--attacks, --prevalence is not for boxes"),
    ):
        with pytest.raises(UsageError, match=words):
            evaluate_boxed(found.run, place, home=found.home, **wrong)
    for file in (place / "images").iterdir():
        Image.fromarray(np.zeros((96, 128), np.uint8)).save(file)
    (place / "boxes.csv").unlink()
    with pytest.raises(CohortError):
        evaluate_boxed(found.run, place, options=NAMES, home=found.home)
