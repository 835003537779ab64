"""``medgraft contour``: sizes and files told, and users' mistakes by their exit codes."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import numpy as np
import pytest

from medgraft.cli.contour import margins_of, pairs_of
from medgraft.cli.main import main
from medgraft.errors import UsageError
from medgraft.use.prediction.segmented import Segmented

SHAPE, SPACING = (16, 40, 60), (3.0, 1.0, 1.0)


@pytest.fixture
def words(tmp_path, monkeypatch, ball, oblique, ct_series):
    """A series, and a model that sees two balls in whatever it is given."""

    def segment(path):
        labels = ball(SHAPE, SPACING, (22.0, 20.0, 18.0), 8.0) * 1 + ball(SHAPE, SPACING, (22.0, 20.0, 44.0), 6.0) * 2
        return Segmented(labels.astype(np.uint8), SPACING, oblique(SPACING), {1: "tumour", 2: "cord"})

    outlining = ModuleType("medgraft.experiment.outlining")
    outlining.segmenter_of = lambda run, device: segment
    monkeypatch.setitem(sys.modules, "medgraft.experiment.outlining", outlining)
    folder = ct_series(tmp_path / "series", oblique(SPACING), SHAPE)
    return ["contour", str(tmp_path / "run"), str(folder), "--out", str(tmp_path / "out")]


def test_contour(words, capsys, tmp_path):
    asked = ["--format", "rtstruct", "--margin-mm", "5", "--distance", "tumour,cord"]
    assert main([*words, *asked]) == 0
    told = capsys.readouterr().out
    for text in ("tumour +5 mm", "mL", "tumour to cord: 1", "names the patient", "not advice", "structures.dcm"):
        assert text in told
    assert main([*words, *asked]) == 2 and "--overwrite" in capsys.readouterr().err
    assert main([*words, *asked, "--overwrite", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["distances"][0]["mm"] == pytest.approx(12.0, abs=1.8)
    assert answer["files"] == [str(tmp_path / "out" / "structures.dcm")]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--format", "dxf"], "known: seg"),
        (["--margin-mm", "5,6"], "or three"),
        (["--margin-mm", "much"], "or three"),
        (["--distance", "tumour"], "two structures"),
        (["--distance", "tumour,heart", "--format", "rtstruct"], "no structure 'heart'"),
        (["--codes", "nowhere.json"], "a JSON file is needed"),
        (["--format", "png"], "one picture"),
    ],
)
def test_mistakes(words, asked, said, capsys):
    assert main([*words, *asked]) == 2
    assert said in capsys.readouterr().err


def test_options_in_words():
    assert margins_of(None) == () and margins_of("5,5,-8") == (5.0, 5.0, -8.0)
    assert pairs_of(["a, b"]) == (("a", "b"),)
    with pytest.raises(UsageError):
        pairs_of(["a,"])
