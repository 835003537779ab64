"""``medgraft fit`` takes its options to the configuration."""

from __future__ import annotations

from medgraft.cli.main import main
from medgraft.files import read_json


def test_label_map_on_the_command_line(fitted, call, tmp_path, capsys):
    answer = call("fit", fitted.cohort, "--out", tmp_path / "run", "--label-map", "clear=healthy")
    assert answer["metrics"]["_meta"]["labels"] == ["healthy", "nodule"]
    assert main(["fit", str(fitted.cohort), "--out", str(tmp_path / "other"), "--label-map", "clear"]) == 2
    assert "A=B,C=D is needed" in capsys.readouterr().err


def test_flags_beat_set_which_beats_the_file(fitted, call, tmp_path):
    (tmp_path / "fit.toml").write_text('seed = 5\nengine = "torch"\n[strategy]\nrepeats = 1\nfolds = 3\n')
    words = ["--config", tmp_path / "fit.toml", "--set", "strategy.folds=4", "--set", "engine=auto", "--seed", 7]
    call("fit", fitted.cohort, "--out", tmp_path / "run", *words)
    used = read_json(tmp_path / "run" / "config.json")
    assert (used["seed"], used["engine"], used["strategy"]["repeats"], used["strategy"]["folds"]) == (7, "auto", 1, 4)
    call("fit", fitted.cohort, "--out", tmp_path / "again", "--config", tmp_path / "run" / "config.json")
    assert (tmp_path / "again" / "metrics.json").read_bytes() == (tmp_path / "run" / "metrics.json").read_bytes()
