"""A small, complete run that finds boxes of two classes in pictures."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from medgraft.files import write_json, write_text
from medgraft.measure.detection.evaluation import evaluate_boxes
from medgraft.measure.detection.matching import ImageBoxes

CORNERS = ["x0", "y0", "x1", "y1"]
WIDTH, HEIGHT = 320, 240


def keyed(number: int, kind: str = "case") -> str:
    return hashlib.sha256(f"{kind}{number}".encode()).hexdigest()[:16]


def _boxes(rng: np.random.Generator, count: int, sides: tuple[float, float]) -> np.ndarray:
    size = rng.uniform(*sides, (count, 1))
    corner = rng.random((count, 2)) * ([WIDTH, HEIGHT] - size)
    return np.concatenate([corner, corner + size], axis=1)


def _picture(truth: dict[str, np.ndarray]) -> bytes:
    picture = Image.new("RGB", (WIDTH // 2, HEIGHT // 2), (205, 190, 200))
    draw = ImageDraw.Draw(picture)
    for boxes, colour in zip(truth.values(), ("#b0606c", "#7a5ab0"), strict=False):
        for box in boxes / 2:
            draw.ellipse(box.tolist(), fill=colour)
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def _rows(boxes: np.ndarray, case: str, label: str) -> pd.DataFrame:
    return pd.DataFrame(boxes, columns=CORNERS).assign(case_id=case, label=label)


def make_run(
    folder: Path, *, labels: tuple[str, ...] = ("cell", "platelet"), n: int = 16, overlays: bool = True
) -> Path:
    """Cases 0 to ``n`` - 1 are the test set, two a patient; case 1 is an empty picture with one false box."""
    rng = np.random.default_rng(11)
    images, truths, answers, jpegs = [], [], [], {}
    for index in range(n):
        true, found = {}, {}
        for place, label in enumerate(labels):
            boxes = _boxes(rng, 0 if index == 1 else 4 - place, ((30, 70), (8, 25))[place % 2])
            near = boxes[rng.random(len(boxes)) < (0.95, 0.7)[place % 2]]
            near = near + rng.normal(0, 1.0, near.shape)
            called = np.concatenate([near, _boxes(rng, int(index < 2 or index % 3 == 0), (10, 60))])
            scores = np.concatenate([rng.uniform(0.4, 1, len(near)), rng.uniform(0.1, 0.7, len(called) - len(near))])
            true[label], found[label] = boxes, (called, scores)
            truths.append(_rows(boxes, keyed(index), label))
            answers.append(_rows(called, keyed(index), label).assign(score=scores, split="test"))
        images.append(ImageBoxes(true, found))
        jpegs[keyed(index)] = _picture(true)
    (folder / "private").mkdir(parents=True)
    pd.concat(truths, ignore_index=True).to_parquet(folder / "boxes.parquet")
    pd.concat(answers, ignore_index=True).to_parquet(folder / "predicted_boxes.parquet")
    pictures = pd.DataFrame({"case_id": list(jpegs), "jpeg": list(jpegs.values()), "width": WIDTH, "height": HEIGHT})
    pictures.to_parquet(folder / "private" / "thumbnails.parquet")
    if overlays:
        chosen = pictures.head(3).assign(kind=["worst", "median", "best"])
        chosen.to_parquet(folder / "private" / "overlays.parquet")
    thresholds = {"score": 0.5, "nms_iou": 0.4, "from": "val"}
    meta = {"task": "detection", "labels": list(labels), "warnings": [], "thresholds": thresholds}
    numbers = evaluate_boxes(images, labels, groups=np.arange(n) // 2, replicates=60)
    write_json(folder / "metrics.json", {"test": numbers, "_meta": meta})
    _write_facts(folder, labels, n)
    return folder


def _write_facts(folder: Path, labels: tuple[str, ...], n: int) -> None:
    ids = [keyed(index) for index in range(n + 10)]
    cohort = pd.DataFrame({"case_id": ids, "modality": "microscopy", "label": None, "site": None, "split": None})
    cohort["patient_id"] = [keyed(index // 2, "patient") for index in range(n + 10)]
    cohort.to_parquet(folder / "cohort.parquet")
    split = {"given": True, "seed": 0, "fractions": {}, "leak_policy": "drop", "leaking": False, "dropped": []}
    write_json(folder / "split.json", {**split, "test": ids[:n], "val": ids[n : n + 4], "train": ids[n + 4 :]})
    write_json(folder / "audit.json", {"duplicates": [], "patients_across_splits": [], "quarantined": [], "notes": []})
    history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": [1.0, 0.6, 0.4], "val_map50": [0.2, 0.5, 0.6]})
    write_text(folder / "history.csv", history.to_csv(index=False))
    write_json(folder / "config.json", {"name": "cells", "seed": 0, "versions": {"medgraft": "0.1.0"}})
    write_json(folder / "bundle" / "labels.json", {"labels": list(labels), "task": "detection"})
    write_json(folder / "bundle" / "model.json", {"network": "fcos", "frozen": False})


@pytest.fixture(scope="session")
def detected_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run for all tests that only read."""
    return make_run(tmp_path_factory.mktemp("detected") / "run")


@pytest.fixture
def fabricate_boxes(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a run folder and returns it."""
    return lambda **options: make_run(tmp_path / f"run-{len(list(tmp_path.iterdir()))}", **options)
