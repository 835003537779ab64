"""Exit codes, one JSON object, messages instead of tracebacks, quick answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from medgraft.cli import main as module
from medgraft.cli.main import main


@pytest.fixture
def home(fitted):
    return ["--home", str(fitted.home.path)]


def test_done(fitted, home, capsys):
    assert main(["fit", str(fitted.cohort), "--out", str(fitted.run), *home]) == 0
    shown = capsys.readouterr().out
    assert "done already" in shown
    assert "auroc" in shown
    assert "research use only" in shown


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["fit", "nowhere", "--out", "run"], 3, "there is no such file or folder"),
        (["fit"], 2, "Missing"),
        (["no-such-verb"], 2, "No such command"),
        (["predict", "nowhere", "a.png"], 4, "nowhere"),
        (["report", "nowhere"], 4, "nowhere"),
        (["list", "nothing"], 2, "nothing"),
        (["weights", "fetch", "resnet18000"], 2, "did you mean"),
    ],
)
def test_mistakes_are_one_message(words, code, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err + captured.out


def test_data_that_are_refused(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    assert main(["fit", str(tmp_path / "data"), "--out", str(tmp_path / "run")]) == 3
    assert "found 0 pictures" in capsys.readouterr().err


def test_json_is_one_object_and_nothing_else(fitted, home, capsys):
    assert main(["fit", str(fitted.cohort), "--out", str(fitted.run), "--json", *home]) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert {"run", "metrics", "timings", "forward_passes", "warnings"} <= answer.keys()
    assert "report:" in captured.err


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), None])
def test_interruption_and_bugs(raised, monkeypatch, capsys, tmp_path):
    def fail(*_, **__):
        raise raised or ZeroDivisionError("ours")

    monkeypatch.setattr("medgraft.use.report.render.render_report", fail)
    assert main(["report", str(tmp_path)]) == (130 if raised else 1)
    message = capsys.readouterr().err
    assert ("goes on where it stopped" in message) == (raised is not None)
    assert ("this is a bug in medgraft" in message) == (raised is None)


def test_a_full_disk_is_no_bug(monkeypatch, capsys, tmp_path):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr("medgraft.use.report.render.render_report", full)
    assert main(["report", str(tmp_path)]) == 4
    assert "No space left on device somewhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb", [["fit"], ["evaluate"], ["predict"], ["report"], ["embed"], ["demo"], ["list"], ["weights", "import"]]
)
def test_help_has_an_example(verb, capsys):
    assert main([*verb, "--help"]) == 0
    assert "Example: medgraft" in capsys.readouterr().out


def test_help_and_usage_errors_import_nothing_heavy():
    code = (
        "import sys; from medgraft.cli.main import main\n"
        "main(['--help']); main(['fit', '--nonsense'])\n"
        "heavy = {'torch', 'pandas', 'numpy', 'scipy', 'sklearn', 'openvino', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_module_runs():
    done = subprocess.run([sys.executable, "-m", "medgraft", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "fit" in done.stdout
    assert module.app
