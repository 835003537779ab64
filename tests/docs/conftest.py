"""What the docs' commands need: a command line that is called in this process, and a small cohort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SMALL = {"patients": 24, "images_per_patient": (2, 3), "size": 64, "seed": 1}
"""Big enough to split and to cross-validate, small enough to embed in seconds."""


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str


@pytest.fixture
def medgraft_command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """``medgraft_command("fit", "cohort", "--out", "run")`` as from a terminal, without a new process."""

    from medgraft.cli.main import main

    def call(*arguments: object) -> Answer:
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capfd.readouterr()
        return Answer(int(code or 0), captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def small_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phantom as a folder with a table; read-only for tests: copy it to change it."""
    from medgraft.data.phantom.cohort import write_phantom

    return write_phantom(tmp_path_factory.mktemp("phantom") / "cohort", **SMALL)


@pytest.fixture(scope="session")
def small_class_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same phantom as class folders."""
    from medgraft.data.phantom.cohort import write_phantom

    return write_phantom(tmp_path_factory.mktemp("phantom") / "folders", layout="folders", **SMALL)
