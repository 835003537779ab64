"""A run that may be changed, and a way to call one command and read its JSON."""

from __future__ import annotations

import json
import shutil

import pytest

from medgraft.cli.main import main


@pytest.fixture
def run(fitted, tmp_path):
    """A copy of the fitted run."""
    shutil.copytree(fitted.run, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def call(fitted, capsys):
    """Run one command in the fitted house; its JSON."""

    def one(*words):
        assert main([str(word) for word in words] + ["--json", "--home", str(fitted.home.path)]) == 0
        return json.loads(capsys.readouterr().out)

    return one
