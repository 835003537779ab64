"""The artefacts of a run without predictions, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from medgraft.use.report.artefacts import Artefacts


def _estimate(value: float | None, half: float = 0.05) -> dict[str, Any]:
    low, high = (None, None) if value is None else (value - half, value + half)
    return {"value": value, "low": low, "high": high, "n": 12, "n_patients": 6}


@pytest.fixture
def plain_run() -> Callable[..., Artefacts]:
    """A function that makes them: twelve test cases of six patients, and six training cases of unknown patients."""

    def make(**changes: Any) -> Artefacts:
        cases = [f"c{index:02d}" for index in range(18)]
        cohort = pd.DataFrame({"case_id": cases, "site": "north", "modality": "mr", "label": None, "split": None})
        cohort["patient_id"] = [f"p{index // 2}" if index < 12 else None for index in range(18)]
        each = {"a": {"dice": _estimate(0.9), "hd95": _estimate(2.5, 0.4)}, "b": {"dice": _estimate(None)}}
        test = {"dice": _estimate(0.9), "hd95": _estimate(2.5, 0.4), "iou": _estimate(None), "per_class": each}
        given: dict[str, Any] = {
            "cohort": cohort,
            "split": {"test": cases[:12], "train": cases[12:], "val": [], "seed": 0},
            "predictions": pd.DataFrame(columns=["case_id", "split"]),
            "metrics": {"test": test, "_meta": {"unit": "mm"}},
            "labels": ("a", "b"),
            "positive": None,
        }
        return Artefacts(**(given | changes))

    return make
