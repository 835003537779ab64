"""``medgraft adapt`` says what was done and why; ``--with`` is of the form KEY=VALUE."""

from __future__ import annotations

import pytest

from medgraft.cli.adapt import method_options
from medgraft.cli.main import main
from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import UsageError


def test_adapt(fitted, call, tmp_path, capsys):
    there = write_phantom(tmp_path / "there", patients=24, images_per_patient=(1, 1), size=64, seed=9)
    answer = call("adapt", fitted.run, "--target", there, "--out", tmp_path / "a", "--method", "standardise")
    assert {"method", "shift", "result", "told", "metrics"} <= set(answer)
    words = ["adapt", str(fitted.run), "--target", str(there), "--out", str(tmp_path / "b"), "--method", "coral"]
    assert main([*words, "--with", "axes=16", "--home", str(fitted.home.path)]) == 0
    told = capsys.readouterr().out
    assert "adapted by coral" in told
    assert "report.html" in told


def test_options_of_a_method():
    assert method_options(["axes=16", "shrinkage=0.1"]) == {"axes": "16", "shrinkage": "0.1"}
    with pytest.raises(UsageError, match="write KEY=VALUE"):
        method_options(["axes"])


def test_a_target_and_a_folder_are_needed(fitted, capsys):
    assert main(["adapt", str(fitted.run)]) == 2
    assert "--target" in capsys.readouterr().err
