"""``rank`` prints a table and says which ones tie; ``--json`` is one object."""

from __future__ import annotations

from medgraft.cli.main import main

OPTIONS = ["--backbones", "tf_efficientnet_lite0,classical", "--set", "preprocess.size=64", "--set", "search.folds=3"]


def test_rank(fitted, call, capsys):
    result = call("rank", fitted.cohort, *OPTIONS)
    assert {row["name"] for row in result["rows"]} == {"tf_efficientnet_lite0", "classical"}
    assert result["tied"]
    assert main(["rank", str(fitted.cohort), *OPTIONS, "--home", str(fitted.home.path)]) == 0
    told = capsys.readouterr().out
    assert "test cases left out" in told
    assert "logme" in told
    assert "a tie:" in told or "is ahead of all others" in told


def test_a_wrong_name_among_right_ones_is_told(fitted, capsys):
    words = ["rank", str(fitted.cohort), *OPTIONS, "--home", str(fitted.home.path)]
    words[3] = "tf_efficientnet_lite0,tf_efficientnet_lite9"
    assert main(words) == 0
    assert "not tried: tf_efficientnet_lite9" in capsys.readouterr().out
