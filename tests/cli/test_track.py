"""``medgraft track``: the category first, the statement, and users' mistakes by their exit codes."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import numpy as np
import pytest

from medgraft.cli.main import main
from medgraft.cli.track import day_numbers
from medgraft.errors import UsageError
from medgraft.files import write_json
from medgraft.use.prediction.segmented import Segmented


@pytest.fixture
def studies(tmp_path, monkeypatch, ball):
    """Three files whose content is a radius, and a model that draws a ball of it."""

    def segment(path):
        labels = ball((16, 40, 40), (3.0, 1.0, 1.0), (22.0, 20.0, 20.0), float(path.read_text("utf-8")))
        return Segmented(labels.astype(np.uint8), (3.0, 1.0, 1.0), None, {1: "tumour"})

    outlining = ModuleType("medgraft.experiment.outlining")
    outlining.segmenter_of = lambda run, device: segment
    monkeypatch.setitem(sys.modules, "medgraft.experiment.outlining", outlining)
    write_json(tmp_path / "run" / "bundle" / "calibration.json", {"measurement_error": {"tumour": 0.05}})
    for number, radius in enumerate((12, 8, 14)):
        (tmp_path / f"{number}.txt").write_text(str(radius), "utf-8")
    return [str(tmp_path / "run"), *[str(tmp_path / f"{number}.txt") for number in range(3)]]


def test_track(studies, tmp_path, capsys):
    words = ["track", *studies, "--out", str(tmp_path / "out"), "--days", "0,90,180"]
    assert main(words) == 0
    told = capsys.readouterr().out
    for text in (
        "day 0: baseline",
        "day 90: PR",
        "day 180: PD",
        "RECIST-like",
        "not advice",
        "13.9 %",
        "follow-up.html",
    ):
        assert text in told
    assert main(words) == 2 and "--overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite", "--json", "--rule", "volume"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rule"]["name"] == "volume" and answer["days"] == [0, 90, 180]


def test_mistakes(studies, tmp_path, capsys):
    out = ["--out", str(tmp_path / "out")]
    for words, said in (
        (["track", *studies, *out], "--days 0,90"),
        (["track", *studies, *out, "--days", "0,soon,9"], "whole numbers"),
        (["track", *studies, *out, "--days", "0,9"], "got 2 for 3"),
        (["track", *studies, *out, "--days", "0,9,18", "--rule", "who"], "known: recist"),
        (["track", *studies[:2], *out, "--days", "0"], "two at least"),
        (["track", *studies, str(tmp_path / "x"), *out], "no such file"),
    ):
        assert main(words) == 2, words
        assert said in capsys.readouterr().err
    assert day_numbers("0,-3") == [0, -3]
    with pytest.raises(UsageError):
        day_numbers("")
