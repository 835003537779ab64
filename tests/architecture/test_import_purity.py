"""Importing does nothing but define names: no heavy library, no file, no socket, no filter, no seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "torch",
    "torchvision",
    "timm",
    "sklearn",
    "scipy",
    "pandas",
    "numpy",
    "openvino",
    "plotly",
    "pydicom",
)
SLOW_TO_START = ("torch", "torchvision", "timm", "sklearn", "scipy.stats")
"""What the command line does not import to answer ``--help`` or a usage error."""

PROBE = """
import importlib, json, logging, random, socket, sys, warnings

opened, connections = [], []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        if not str(arguments[0]).endswith(".pyc") and "__pycache__" not in str(arguments[0]):
            opened.append(str(arguments[0]))
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen"):
        connections.append(event)
sys.addaudithook(watch)
filters = list(warnings.filters)
import rich.style  # it draws a number from the global generator when it is imported
handlers = list(logging.getLogger().handlers)
state = random.getstate()
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps({
    "modules": sorted(sys.modules), "opened": opened, "connections": connections,
    "filters": [str(item) for item in warnings.filters if item not in filters],
    "handlers": len(logging.getLogger().handlers) - len(handlers), "seeded": random.getstate() != state,
}))
"""


def _run(arguments: list[str], repository: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A Python of its own, in an empty folder with an empty home."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "MEDGRAFT_HOME": str(folder / "house"),
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _probe(names: list[str], repository: Path, folder: Path) -> dict:
    done = _run(["-c", PROBE, json.dumps(names)], repository, folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_import_medgraft_is_free(repository, tmp_path):
    seen = _probe(["medgraft"], repository, tmp_path)
    heavy = [name for name in HEAVY if name in seen["modules"]]
    assert not heavy, f"`import medgraft` imports {heavy}"
    assert (seen["opened"], seen["connections"], seen["filters"]) == ([], [], [])
    assert not list(tmp_path.iterdir())


OUTLINING = {
    *("medgraft.experiment.outlining", "medgraft.experiment.stages.outlines", "medgraft.experiment.stages.overlays"),
    *("medgraft.experiment.stages.outline_scores", "medgraft.experiment.evaluating_outlines"),
    *("medgraft.experiment.adapting_outlines", "medgraft.experiment.stages.adapted_outlines"),
    *("medgraft.experiment.stages.target_outlines", "medgraft.experiment.stages.source_outlines"),
}
"""Stages of a network that is held in memory from its training to its last answer; ``fit`` imports them when it needs
them."""


def test_no_plain_module_imports_torch(modules, repository, tmp_path):
    """Only the files that hold networks, or are listed under them, need torch to be imported."""
    plain = [
        name
        for name, module in modules.items()
        if name.split(".")[1:2] in (["data"], ["measure"], ["insight"], ["experiment"], ["use"])
        and "import torch" not in module.text
        and name not in OUTLINING
    ]
    seen = _probe(plain, repository, tmp_path)
    assert not [name for name in SLOW_TO_START if name in seen["modules"]]


def test_no_module_has_side_effects(modules, repository, tmp_path):
    """All in one process. Libraries may set filters of their own (and torch's ask ldconfig where CUDA is); files and
    sockets are not for imports."""
    names = [name for name in modules if name != "medgraft.__main__"]
    seen = _probe(names, repository, tmp_path)
    assert set(seen["connections"]) <= {"subprocess.Popen"}, seen["connections"]
    assert not [path for path in seen["opened"] if not path.startswith("/dev/")], seen["opened"]
    assert (seen["handlers"], seen["seeded"]) == (0, False)
    assert not list(tmp_path.iterdir()), "an import wrote to the working folder or to HOME"


@pytest.mark.parametrize("arguments", [["--help"], ["fit", "--help"], ["no-such-verb"], ["fit", "--no-such-option"]])
def test_help_and_usage_errors_import_nothing_heavy(arguments, repository, tmp_path):
    program = (
        "import json, sys\nfrom medgraft.cli.main import main\n"
        "try:\n    main(json.loads(sys.argv[1]))\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = _run(["-c", program, json.dumps(arguments)], repository, tmp_path)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert not [name for name in (*SLOW_TO_START, "pandas", "plotly") if name in seen]
    assert not list(tmp_path.iterdir())
