"""``medgraft fit`` takes its options to the configuration."""

from __future__ import annotations

from medgraft.cli.main import main


def test_label_map_on_the_command_line(fitted, call, tmp_path, capsys):
    answer = call("fit", fitted.cohort, "--out", tmp_path / "run", "--label-map", "clear=healthy")
    assert answer["metrics"]["_meta"]["labels"] == ["healthy", "nodule"]
    assert main(["fit", str(fitted.cohort), "--out", str(tmp_path / "other"), "--label-map", "clear"]) == 2
    assert "A=B,C=D is needed" in capsys.readouterr().err
