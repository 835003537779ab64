"""Suppression by hand-made cases, cuts against a brute force over all of them."""

import numpy as np
import pytest

from medgraft.measure.detection.overlap import box_iou
from medgraft.transfer.detection.decoding import (
    OVERLAPS,
    Candidates,
    Cuts,
    choose_cuts,
    detect,
    suppressed,
)

LABELS = ("a", "b")


def candidates(*rows):
    """Rows of x0 y0 x1 y1 score kind."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return Candidates(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def test_the_better_of_two_that_overlap_stays_by_label():
    given = candidates((0, 0, 10, 10, 0.6, 0), (0, 0, 10, 9, 0.9, 0), (0, 0, 10, 10, 0.5, 1), (50, 50, 60, 60, 0.1, 0))
    kept = suppressed(given, 0.5)
    assert kept.scores.tolist() == [0.9, 0.5, 0.1]
    assert kept.kinds.tolist() == [0, 1, 0]
    assert len(suppressed(given, 0.95)) == 4


def test_of_many_the_best_hundred_of_each_label_stay():
    each = [(20 * i, 0, 20 * i + 10, 10, (i + 1) / 200, kind) for i in range(130) for kind in (0, 1)]
    kept = suppressed(candidates(*each), 0.5)
    assert np.bincount(kept.kinds).tolist() == [100, 100]
    assert kept.scores.min() == pytest.approx(31 / 200)


def test_what_is_called_is_above_the_cut_and_named():
    found = detect(candidates((0, 0, 10, 10, 0.6, 1), (20, 0, 30, 10, 0.59, 0)), Cuts(0.5, 0.6, "val"), LABELS)
    assert (found.labels, found.scores.tolist(), found.boxes.tolist()) == (("b",), [0.6], [[0, 0, 10, 10]])


def test_nothing_found_is_nothing_called():
    found = detect(candidates(), Cuts(0.5, 0.1, "val"), LABELS)
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)


def f1(all_candidates, truths, overlap, cut):
    """Mean over labels, one prediction after the other."""
    values = []
    for kind, label in enumerate(LABELS):
        hits = called = true = 0
        for one, truth in zip(all_candidates, truths, strict=True):
            boxes = truth.get(label, np.zeros((0, 4)))
            free = list(range(len(boxes)))
            true += len(boxes)
            kept = suppressed(one, overlap)
            for box, score, own in zip(kept.boxes, kept.scores, kept.kinds, strict=True):
                if own != kind or score < cut:
                    continue
                called += 1
                overlaps = {place: box_iou(box[None], boxes[place][None])[0, 0] for place in free}
                best = max(overlaps, key=overlaps.get, default=None)
                if best is not None and overlaps[best] >= 0.5:
                    hits += 1
                    free.remove(best)
        if true:
            values.append(2 * hits / (called + true))
    return float(np.mean(values))


@pytest.mark.parametrize("seed", range(5))
def test_the_score_is_the_one_with_the_highest_f1(seed):
    rng = np.random.default_rng(seed)
    given, truths = [], []
    for _ in range(6):
        corners = rng.uniform(0, 80, (4, 2)).round()
        boxes = np.concatenate([corners, corners + rng.uniform(8, 20, (4, 2)).round()], axis=1)
        truths.append({"a": boxes[:2], "b": boxes[2:]})
        rows = [(*(box + rng.normal(0, 1, 4)), rng.uniform(0.2, 1), kind // 2) for kind, box in enumerate(boxes)]
        rows += [(*(box + 30), rng.uniform(0.02, 0.7), rng.integers(2)) for box in boxes]
        given.append(candidates(*rows))
    cuts = choose_cuts(given, truths, LABELS, "val")
    scores = np.unique(np.concatenate([one.scores for one in given]))
    best = max(f1(given, truths, cuts.nms_iou, cut) for cut in scores)
    assert f1(given, truths, cuts.nms_iou, cuts.score) == pytest.approx(best)
    assert cuts.chosen_from == "val"


def test_the_overlap_is_the_one_with_the_highest_map50():
    """Two true things that overlap by 1/3 + 1/60: an overlap of 0.3 loses one of them, from 0.4 on both are found."""
    truth = {"a": np.array([[0.0, 0, 10, 20], [4.8, 0, 14.8, 20]])}
    overlap = box_iou(truth["a"][:1], truth["a"][1:])[0, 0]
    assert 0.3 < overlap < 0.4
    given = candidates((0, 0, 10, 20, 0.9, 0), (4.8, 0, 14.8, 20, 0.8, 0), (0, 1, 10, 20, 0.7, 0))
    assert choose_cuts([given], [truth], LABELS, "val").nms_iou == 0.4
    double = candidates((0, 0, 10, 20, 0.9, 0), (0, 3, 10, 20, 0.85, 0), (40, 0, 50, 20, 0.8, 0))
    apart = {"a": np.array([[0.0, 0, 10, 20], [40, 0, 50, 20]])}
    assert choose_cuts([double], [apart], LABELS, "val").nms_iou == OVERLAPS[0]


def test_where_nothing_is_right_there_is_still_an_answer():
    cuts = choose_cuts([candidates()], [{"a": np.array([[0.0, 0, 5, 5]])}], LABELS, "val")
    assert (cuts.nms_iou, cuts.score) == (OVERLAPS[0], 0.5)
