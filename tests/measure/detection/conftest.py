"""Random images with boxes of two classes, and a judge that works one box and one threshold at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from medgraft.measure.detection.matching import ImageBoxes

LABELS = ("cell", "platelet")


def _boxes(random: np.random.Generator, count: int) -> np.ndarray:
    corner = random.random((count, 2)) * 60
    return np.concatenate([corner, corner + 5 + random.random((count, 2)) * 35], axis=1)


def make_images(seed: int, count: int = 6, ties: bool = False) -> list[ImageBoxes]:
    """Predictions near true boxes, some twice, and some made up; some images and classes have none."""
    random = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        truth, predicted = {}, {}
        for label in LABELS:
            true = _boxes(random, int(random.integers(0, 5)))
            near = true[random.random(len(true)) < 0.8]
            jittered = near + random.normal(size=near.shape) * 1.5
            # noise must not turn a small box round
            jittered[:, 2:] = np.maximum(jittered[:, 2:], jittered[:, :2] + 1)
            called = np.concatenate([jittered, _boxes(random, 3), near[:1]])
            called = called[random.random(len(called)) < 0.9]
            scores = random.random(len(called))
            if len(true) or random.random() < 0.5:
                truth[label] = true
            if len(called):
                predicted[label] = (called, np.round(scores, 1) if ties else scores)
        images.append(ImageBoxes(truth, predicted))
    return images


@pytest.fixture(scope="session")
def draw_images() -> Callable[..., list[ImageBoxes]]:
    return make_images


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0) * max(height, 0)
    return common / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - common)


def judge(images: list[ImageBoxes], label: str, threshold: float) -> tuple[list[tuple[float, bool]], int]:
    """(score, hit) of every prediction, the best first, and how many true boxes there are."""
    rows, truths = [], 0
    for image in images:
        true = list(image.truth.get(label, []))
        truths += len(true)
        boxes, scores = image.predicted.get(label, ([], []))
        taken: set[int] = set()
        for score, box in sorted(zip(scores, boxes, strict=True), key=lambda pair: -pair[0]):
            free = [(iou(box, other), place) for place, other in enumerate(true) if place not in taken]
            best = max(free, default=(0.0, -1))
            if best[0] >= threshold:
                taken.add(best[1])
            rows.append((float(score), best[0] >= threshold))
    return sorted(rows, key=lambda row: -row[0]), truths


@pytest.fixture(scope="session")
def one_by_one() -> Callable[..., tuple[list[tuple[float, bool]], int]]:
    return judge
