"""``medgraft predict`` writes one row a picture."""

from __future__ import annotations

import pandas as pd

from medgraft.cli.main import main


def test_predict(fitted, run, call, tmp_path):
    answer = call("predict", run, fitted.cohort / "images", "--out", tmp_path / "answers.csv", "--no-paths")
    table = pd.read_csv(tmp_path / "answers.csv")
    assert answer["pictures"] == len(table)
    assert "file" not in table
    inline = call("predict", run, fitted.cohort / "images")
    assert len(inline["rows"]) == len(table)


def test_heat_maps(fitted, run, call, tmp_path):
    file = sorted((fitted.cohort / "images").iterdir())[0]
    told = call("predict", run, file, "--explain", "--explain-method", "gradcam", "--explain-out", tmp_path / "maps")
    assert told["explain_out"] == str(tmp_path / "maps")
    assert len(list((tmp_path / "maps").glob("*.png"))) == 1
    assert pd.read_csv(tmp_path / "maps" / "explanations.csv")["method"].tolist() == ["gradcam"]


def test_heat_maps_need_a_folder(fitted, run, capsys):
    file = sorted((fitted.cohort / "images").iterdir())[0]
    assert main(["predict", str(run), str(file), "--explain"]) == 2
    assert "--explain-out DIR" in capsys.readouterr().err
