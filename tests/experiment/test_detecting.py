"""Detection from end to end on pictures with bright things, through the stages of fit, and on new files."""

import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.outlines.box_frame import boxes_of, read_boxes
from medgraft.data.outlines.boxes import Boxes
from medgraft.data.outlines.coco import read_coco
from medgraft.errors import ArtifactError, CohortError, UsageError
from medgraft.experiment.build import build_workspace
from medgraft.experiment.config import resolve_config
from medgraft.experiment.detecting import detect_files, learn_and_judge_boxes
from medgraft.experiment.stages.embedding import embedding_stage
from medgraft.experiment.stages.splitting import split_stage
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.measure.detection.evaluation import evaluate_boxes
from medgraft.measure.detection.matching import ImageBoxes
from medgraft.measure.detection.overlap import box_iou
from medgraft.progress import Progress
from medgraft.transfer.detection.bundle import read_detector
from medgraft.transfer.detection.settings import DetectionSettings

SCHEMAS = Path(__file__).resolve().parents[2] / "src" / "medgraft" / "experiment" / "schemas"
ROWS, COLUMNS = 96, 128
CORNERS = ["x0", "y0", "x1", "y1"]


@pytest.fixture(scope="module")
def detected(things, tmp_path_factory):
    """A run: 44 pictures in two folders, whose names say nothing about boxes."""
    folder = tmp_path_factory.mktemp("detected")
    data, boxes = folder / "data", {}
    for number in range(44):
        path = data / ("odd" if number % 2 else "even") / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels, boxes[path.name] = things(number)
        Image.fromarray(pixels).save(path)
    sets = ["backbone.name=test_resnet", "backbone.weights=random", "preprocess.size=64", "engine=torch"]
    config = resolve_config(None, [*sets, "evaluation.replicates=100"], {})
    home = Home(folder / "home")
    work, _ = build_workspace(data, folder / "run", config, home=home, progress=Progress(), overwrite=False)
    embedding_stage(work)
    split_stage(work)
    by_case = {
        case: boxes[path.rpartition("/")[2]]
        for case, path in zip(work.cohort.table["case_id"], work.cohort.table["path"], strict=True)
    }
    work.config = work.config.model_copy(update={"strategy": {"kind": "scratch"}})
    quick = {"size": 64, "width": 32, "convolutions": 1, "epochs": 9, "lr": 4e-3, "ema": 0.9, "patience": 50}
    learn_and_judge_boxes(work, by_case, DetectionSettings(**quick))
    return SimpleNamespace(run=folder / "run", data=data, home=home, boxes=boxes, by_case=by_case, work=work)


def images_of(run, part):
    """A part of the run from its two tables, as the measures take it."""
    truth = boxes_of(read_boxes(run / "boxes.parquet"))
    found = pd.read_parquet(run / "predicted_boxes.parquet")
    images = []
    for case in read_json(run / "split.json")[part]:
        own = found[(found["case_id"] == case) & (found["split"] == part)]
        predicted = {
            label: (rows[CORNERS].to_numpy(), rows["score"].to_numpy()) for label, rows in own.groupby("label")
        }
        images.append(ImageBoxes(truth.get(case, Boxes()).by_label(), predicted))
    return images


def test_it_finds_what_is_there(detected):
    metrics = read_json(detected.run / "metrics.json")
    assert metrics["test"]["map50"]["value"] > 0.6
    assert metrics["test"]["map50"]["low"] <= metrics["test"]["map50"]["value"] <= metrics["test"]["map50"]["high"]
    assert set(metrics["test"]["per_class"]) == {"bar", "square"}
    assert "sensitivity_at_0_125" in metrics["val"]
    meta = metrics["_meta"]
    assert (meta["task"], meta["labels"], meta["thresholds"]["from"]) == ("detection", ["bar", "square"], "val")


def test_the_tables_give_the_numbers(detected):
    metrics = read_json(detected.run / "metrics.json")
    for part in ("val", "test"):
        again = evaluate_boxes(images_of(detected.run, part), ("bar", "square"), replicates=2)
        for name in ("map50", "map50_95", "froc"):
            assert again[name]["value"] == pytest.approx(metrics[part][name]["value"])


def test_every_true_box_of_every_case_is_kept(detected):
    kept = boxes_of(read_boxes(detected.run / "boxes.parquet"))
    wanted = {case: boxes.rows for case, boxes in detected.by_case.items() if len(boxes)}
    assert {case: boxes.rows for case, boxes in kept.items()} == wanted


@pytest.mark.parametrize(
    "name", ["metrics", "bundle/labels", "bundle/calibration", "bundle/model", "bundle/preprocessing"]
)
def test_its_files_fit_their_schemas(detected, name):
    schema = json.loads((SCHEMAS / f"{name.rpartition('/')[2]}.json").read_text("utf-8"))
    problems = list(jsonschema.Draft202012Validator(schema).iter_errors(read_json(detected.run / f"{name}.json")))
    assert not problems, problems[0].message


def test_nothing_outside_private_names_a_file(detected):
    for path in detected.run.rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert b".png" not in path.read_bytes(), path.name


def test_the_bundle_is_of_the_validations_choice(detected):
    bundle = read_detector(detected.run / "bundle")
    thresholds = read_json(detected.run / "metrics.json")["_meta"]["thresholds"]
    assert (bundle.cuts.score, bundle.cuts.nms_iou) == (thresholds["score"], thresholds["nms_iou"])
    assert bundle.settings.strategy == "scratch"
    history = pd.read_csv(detected.run / "history.csv")
    assert list(history["epoch"]) == list(range(10))


def test_new_files_get_boxes_in_their_own_pixels(detected, things, tmp_path):
    files = [tmp_path / f"new{number}.png" for number in range(4)]
    truths = []
    for number, file in enumerate(files):
        pixels, boxes = things(900 + number)
        Image.fromarray(pixels).save(file)
        truths.append(boxes)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    out = tmp_path / "out" / "boxes.csv"
    told = detect_files(detected.run, [*files, tmp_path / "broken.png"], out=out, home=detected.home)
    assert told.pictures == 4
    assert list(told.table.columns) == ["file", "case_id", "label", "score", *CORNERS, "reason"]
    by_file = dict(iter(told.table.groupby("file")))
    assert by_file[str((tmp_path / "broken.png").resolve())]["reason"].iloc[0]
    hits = total = 0
    for file, boxes in zip(files, truths, strict=True):
        found = by_file[str(file.resolve())]
        found = found[found["label"].notna()]
        total += len(boxes)
        if len(found) and len(boxes):
            hits += int((box_iou(boxes.corners, found[CORNERS].to_numpy(float)).max(axis=1) > 0.5).sum())
            assert found["x1"].max() <= COLUMNS
            assert found["y1"].max() <= ROWS
    assert hits >= 0.6 * total
    assert len(pd.read_csv(out)) == len(told.table)
    with pytest.raises(UsageError, match="it exists already"):
        detect_files(detected.run, files, out=out, home=detected.home)


def test_coco_comes_out_with_empty_pictures_too(detected, tmp_path):
    Image.fromarray(np.full((ROWS, COLUMNS), 50, np.uint8)).save(tmp_path / "empty.png")
    files = [next(iter(sorted(detected.data.rglob("*.png")))), tmp_path / "empty.png"]
    told = detect_files(detected.run, files, out=tmp_path / "boxes.json", paths=False, home=detected.home)
    assert "file" not in told.table.columns
    read = read_coco(tmp_path / "boxes.json")
    assert {one.name for one in read.pictures} == set(told.table["case_id"])
    assert sum(len(one.rows) for one in read.pictures) == int(told.table["label"].notna().sum())


def test_a_table_and_an_archive_stand_for_their_pictures(detected, things, tmp_path):
    stack = np.stack([things(number)[0] for number in (901, 902)])
    for number, pixels in enumerate(stack):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "cases.csv").write_text("path\n0.png\n1.png\n")
    np.savez(tmp_path / "some.npz", test_images=stack, test_labels=np.array([[0], [1]]))
    corners = []
    for given in ([tmp_path / "0.png", tmp_path / "1.png"], [tmp_path / "cases.csv"], [tmp_path / "some.npz"]):
        told = detect_files(detected.run, given, home=detected.home)
        assert told.pictures == 2
        corners.append(told.table[CORNERS].to_numpy(float))
    assert np.array_equal(corners[0], corners[1], equal_nan=True)
    assert np.array_equal(corners[0], corners[2], equal_nan=True)


def test_what_is_not_there_is_told(detected, tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        detect_files(detected.run, [tmp_path / "nowhere.png"], home=detected.home)
    with pytest.raises(ArtifactError):
        detect_files(tmp_path, [tmp_path], home=detected.home)


def test_a_cohort_without_a_box_is_refused(detected):
    with pytest.raises(CohortError, match="none of 44 cases has a box"):
        learn_and_judge_boxes(detected.work, {})
