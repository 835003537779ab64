from __future__ import annotations

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.reliability import reliability


def test_bins_hold_all_cases_and_intervals_hold_their_points(fabricate):
    run = read_artefacts(fabricate())
    points = reliability(run).data[0]
    assert sum(int(text.split()[0]) for text in points["text"]) == 48
    assert min(points["error_y"]["array"]) >= 0 and min(points["error_y"]["arrayminus"]) >= 0


def test_with_many_classes_the_mean_over_bins_is_the_accuracy_of_the_largest_score(fabricate):
    run = read_artefacts(fabricate(labels=("a", "b", "c")))
    points = reliability(run).data[0]
    sizes = [int(text.split()[0]) for text in points["text"]]
    rows = run.of_split("test")
    right = (rows["y_true"] == rows["y_pred"]).sum()
    assert abs(sum(n * so for n, so in zip(sizes, points["y"], strict=True)) - right) < 0.01
