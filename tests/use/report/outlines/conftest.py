"""A small, complete run that outlines two structures in volumes: balls, and predictions that are a little off."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.files import write_json, write_text
from medgraft.measure.segmentation.evaluation import CaseScores, empty_counts, evaluate_outlines, score_case

SHAPE, SPACING = (10, 32, 32), (2.0, 1.0, 1.0)


def keyed(number: int, kind: str = "case") -> str:
    return hashlib.sha256(f"{kind}{number}".encode()).hexdigest()[:16]


def _encoded(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def _ball(centre: Any, radius: float) -> np.ndarray:
    place = np.indices(SHAPE).transpose(1, 2, 3, 0) * SPACING - centre
    return (place**2).sum(axis=-1) <= radius**2


def _volume(rng: np.random.Generator, classes: int, off: float) -> tuple[np.ndarray, np.ndarray]:
    """Label maps of the truth and of a prediction whose balls are moved by ``off`` mm and a little smaller."""
    truth, called = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    for number in range(1, classes + 1):
        centre, radius = np.array([9.0, 16, 8 + 14 * (number - 1)]), float(rng.uniform(3, 6))
        truth[_ball(centre, radius)] = number
        called[_ball(centre + np.array([0, off, 0]), radius * 0.95)] = number
    return truth, called


def _overlays(maps: dict[str, tuple[np.ndarray, np.ndarray]], ranked: list[str], slices: int) -> pd.DataFrame:
    rows = []
    for kind, case in (("best", ranked[-1]), ("median", ranked[len(ranked) // 2]), ("worst", ranked[0])):
        truth, called = maps[case]
        for index in range(2, 2 + slices):
            grey = (truth[index] > 0) * 80 + 60
            pictures = {"truth_png": truth[index], "called_png": called[index]}
            rows.append(
                {"case_id": case, "kind": kind, "slice": index + 1, "jpeg": _encoded(grey.astype(np.uint8), "JPEG")}
                | {name: _encoded(pixels, "PNG") for name, pixels in pictures.items()}
            )
    return pd.DataFrame(rows)


def _row(case: str, patient: int, truth: np.ndarray, called: np.ndarray, scores: CaseScores) -> list[dict[str, Any]]:
    millilitres = float(np.prod(SPACING)) / 1000
    rows = []
    for number, (label, found) in enumerate(scores.scores.items(), 1):
        row: dict[str, Any] = {"case_id": case, "patient_id": keyed(patient, "patient"), "label": label}
        row |= {"site": ("north", "south")[patient % 2], "split": "test", "size_unit": "mL"}
        row |= {name: score.value for name, score in found.items()}
        row |= {"volume_true": (truth == number).sum() * millilitres, "empty": str(scores.empty[label])}
        rows.append(row | {"volume_called": (called == number).sum() * millilitres})
    return rows


def make_run(
    folder: Path, *, labels: tuple[str, ...] = ("head", "tail"), n: int = 18, slices: int = 3, patients: bool = True
) -> Path:
    """Cases 0 to ``n`` - 1 are the test set, two a patient; case 1 has no first structure, case 2 is missed wholly."""
    rng = np.random.default_rng(5)
    classes = dict(enumerate(labels, 1))
    maps, scored, rows = {}, [], []
    for index in range(n):
        truth, called = _volume(rng, len(labels), off=0.3 * (index % 6))
        truth[truth == 1] *= index != 1
        called *= index != 2
        maps[keyed(index)] = truth, called
        scored.append(score_case(truth, called, classes, spacing=SPACING))
        rows += _row(keyed(index), index // 2, truth, called, scored[-1])
    table = pd.DataFrame(rows)
    (folder / "private").mkdir(parents=True)
    table = table if patients else table.assign(patient_id=None)
    table.to_parquet(folder / "outlines.parquet")
    ranked = list(table.groupby("case_id")["dice"].mean().sort_values().index)
    _overlays(maps, ranked, slices).to_parquet(folder / "private" / "overlays.parquet")
    groups = np.arange(n) // 2 if patients else None
    metrics = {"test": evaluate_outlines(scored, groups=groups, replicates=200)}
    meta = {"task": "segmentation", "labels": list(labels), "warnings": [], "spacing_known": True, "unit": "mm"}
    write_json(folder / "metrics.json", {**metrics, "_meta": {**meta, "empty": {"test": empty_counts(scored)}}})
    _write_facts(folder, table, labels, n, patients)
    return folder


def _write_facts(folder: Path, table: pd.DataFrame, labels: tuple[str, ...], n: int, patients: bool) -> None:
    cohort = pd.DataFrame({"case_id": [keyed(index) for index in range(n + 20)], "modality": "mr", "label": None})
    cohort["patient_id"] = [keyed(index // 2, "patient") if patients else None for index in range(n + 20)]
    cohort["site"] = [("north", "south")[index // 2 % 2] for index in range(n + 20)]
    cohort.assign(split=None).to_parquet(folder / "cohort.parquet")
    ids = cohort["case_id"].tolist()
    split = {"given": False, "seed": 0, "fractions": {}, "leak_policy": "drop", "leaking": False, "dropped": []}
    write_json(folder / "split.json", {**split, "test": ids[:n], "val": ids[n : n + 4], "train": ids[n + 4 :]})
    write_json(folder / "audit.json", {"duplicates": [], "patients_across_splits": [], "quarantined": [], "notes": []})
    steps = {"phase": ["head"] * 3 + ["all"] * 3, "epoch": [1, 2, 3, 1, 2, 3], "lr": 1e-3, "train_loss": 0.5}
    history = pd.DataFrame({**steps, "val_loss": 0.6, "val_dice": [0.1, 0.4, 0.6, 0.7, 0.75, 0.8], "seconds": 1.0})
    write_text(folder / "history.csv", history.to_csv(index=False))
    write_json(folder / "config.json", {"name": "two balls", "seed": 0, "versions": {"medgraft": "0.1.0"}})
    write_json(folder / "timings.json", {"train": 12.5})
    bundle = {"labels": list(labels), "task": "segmentation"}
    write_json(folder / "bundle" / "labels.json", bundle)
    write_json(
        folder / "bundle" / "model.json", {"backbone": None, "spec": {"width": 8}, "strategy": {"kind": "scratch"}}
    )
    write_json(folder / "bundle" / "preprocessing.json", {"spacing": [2.0, 1.0, 1.0]})
    write_json(folder / "bundle" / "calibration.json", {})
    size = {"q05": 0.12, "q50": 0.4, "q95": 0.9}
    statistics = {label: {"cases": n, "share": 0.95, "parts": 1.0, "size": size} for label in labels}
    agreement = {"bias": -0.02, "low": -0.1, "high": 0.06, "unit": "mL", "within_sd": 0.028, "n": 4}
    odd = [{"case_id": ids[3], "label": labels[0], "why": "three parts, all others have one"}]
    plan = {"patch": [8, 32, 32], "spacing": [2.0, 1.0, 1.0], "batch": 2}
    facts = {"plan": plan, "statistics": statistics, "odd": odd, "agreement": dict.fromkeys(labels, agreement)}
    write_json(folder / "outline_facts.json", facts)


@pytest.fixture(scope="session")
def outlined_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run for all tests that only read."""
    return make_run(tmp_path_factory.mktemp("outlined") / "run")


@pytest.fixture
def fabricate_outlines(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a run folder and returns it."""
    return lambda **options: make_run(tmp_path / f"run-{len(list(tmp_path.iterdir()))}", **options)
