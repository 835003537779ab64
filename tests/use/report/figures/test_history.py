from __future__ import annotations

import dataclasses

import pandas as pd

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.history import history


def test_a_sweep_over_c_is_drawn_on_a_logarithm(fabricate):
    figure = history(read_artefacts(fabricate()))
    assert figure.layout["xaxis"]["type"] == "log"
    assert [(line["name"], line["yaxis"]) for line in figure.data] == [("log loss", "y2"), ("auroc", "y")]


def test_epochs_and_missing_values(fabricate):
    table = pd.DataFrame(
        {"epoch": [0, 1, 2], "lr": [1.0] * 3, "train_loss": [None, 0.6, 0.5], "val_loss": [0.7, 0.6, 0.5]}
    )
    run = dataclasses.replace(read_artefacts(fabricate()), history=table.assign(seconds=1.0))
    figure = history(run)
    assert [line["name"] for line in figure.data] == ["train loss", "val loss"]
    assert figure.data[0]["y"] == [None, 0.6, 0.5] and "yaxis2" not in figure.layout


def test_nothing_to_draw(fabricate):
    run = read_artefacts(fabricate())
    for table in (pd.DataFrame(), pd.DataFrame({"x": [1]}), pd.DataFrame({"epoch": [0], "lr": [1.0]})):
        assert history(dataclasses.replace(run, history=table)) is None
