"""``medgraft predict`` writes one row a picture."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from medgraft.cli.main import main
from medgraft.experiment import detecting, outlining
from medgraft.experiment.detecting import Detections
from medgraft.experiment.outlining import OutlineAnswer


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


def bundle_for(folder, task):
    """As much of a bundle as says what it answers with."""
    (folder / "bundle").mkdir(parents=True)
    (folder / "bundle" / "labels.json").write_text(json.dumps({"format_version": 1, "labels": ["a"], "task": task}))
    return folder


def test_masks_and_boxes_are_asked_for_and_told_alike(call, capsys, monkeypatch, tmp_path):
    asked = []
    rows = pd.DataFrame({"file": ["x", "y"], "case_id": ["1", "2"], "label": ["a", None], "reason": ["", "broken"]})

    def answering(kind):
        def answer(run, files, **given):
            asked.append((kind, sorted(given), given["out"]))
            return OutlineAnswer(rows, ["odd"]) if kind == "masks" else Detections(rows, 1, ["odd"])

        return answer

    monkeypatch.setattr(outlining, "outline_files", answering("masks"))
    monkeypatch.setattr(detecting, "detect_files", answering("boxes"))
    masks, boxes = bundle_for(tmp_path / "m", "segmentation"), bundle_for(tmp_path / "b", "detection")
    told = call("predict", masks, "x", "--out", tmp_path / "out")
    assert (told["cases"], told["refused"], len(told["rows"]), told["warnings"]) == (1, 1, 2, ["odd"])
    told = call("predict", boxes, "x")
    assert (told["pictures"], told["refused"], len(told["rows"]), told["out"]) == (1, 1, 2, None)
    assert call("predict", boxes, "x", "--out", tmp_path / "boxes.json")["rows"] is None
    assert [kind for kind, _, _ in asked] == ["masks", "boxes", "boxes"] and asked[0][1] == asked[1][1]
    assert main(["predict", str(boxes), "x"]) == 0
    out = capsys.readouterr().out
    assert "1 pictures looked at, 1 not" in out and "broken" in out and "note: odd" in out


@pytest.mark.parametrize("words", [["--explain", "--explain-out", "maps"], ["--clinical", "table.csv"]])
def test_what_belongs_to_labels_is_refused_elsewhere(capsys, tmp_path, words):
    run = bundle_for(tmp_path / "run", "detection")
    assert main(["predict", str(run), "x", *words]) == 2
    assert "belongs to labels" in capsys.readouterr().err
