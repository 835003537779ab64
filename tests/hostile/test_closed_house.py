"""``fit``, ``evaluate``, ``predict`` and ``report`` in a house without a network and with an empty HOME.

Every attempt to connect or to look up a name is recorded by all processes and refused; HOME, the working folder, the
temporary folder and DATA are compared before and after.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medgraft.data.phantom.cohort import write_phantom

GUARD = """
import os, socket

def refuse(name):
    def call(*arguments, **options):
        with open(os.environ["CONNECTIONS"], "a", encoding="utf-8") as file:
            file.write(name + "\\n")
        raise OSError("there is no network here")
    return call

for name in ("create_connection", "getaddrinfo", "gethostbyname"):
    setattr(socket, name, refuse(name))
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse(name))
"""


def listing(folder):
    """Files and folders with size and time."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.mark.parametrize("strategy", ["linear-probe", "lp-ft"])
def test_nothing_goes_out_and_nothing_is_left_behind(tmp_path, strategy, repository):
    for name in ("guard", "home", "work", "temporary"):
        (tmp_path / name).mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    small = {"images_per_patient": (1, 1), "size": 64}
    cohort = write_phantom(tmp_path / "cohort", patients=16, seed=1, **small)
    external = write_phantom(tmp_path / "external", patients=8, seed=2, **small)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "guard"), str(repository / "src")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "temporary"),
        "MEDGRAFT_HOME": str(tmp_path / "house"),
        "CONNECTIONS": str(tmp_path / "connections.txt"),
    }
    watched = [tmp_path / name for name in ("home", "work", "temporary", "cohort", "external")]
    before = [listing(folder) for folder in watched]
    run = tmp_path / "run"
    fit = ["fit", cohort, "--out", run, "--strategy", strategy, "--set", "preprocess.size=64"]
    fit += ["--set", "strategy.epochs=1"] if strategy == "lp-ft" else []
    for command in (
        fit,
        ["evaluate", run, external],
        ["predict", run, external / "images", "--out", run / "answers.csv"],
        ["report", run, "--no-images"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "medgraft", *(str(word) for word in command)],
            env=environment,
            cwd=tmp_path / "work",
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert not Path(environment["CONNECTIONS"]).exists(), Path(environment["CONNECTIONS"]).read_text()
    for folder, seen in zip(watched, before, strict=True):
        assert listing(folder) == seen, folder.name
