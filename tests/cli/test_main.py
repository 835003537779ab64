"""Exit codes, one JSON object, messages instead of tracebacks, quick answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.main import get_command

from medgraft.cli.main import app, main
from medgraft.files import read_json


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


def test_a_whole_process_says_one_object(fitted, home, tmp_path):
    """Also what libraries write past Python's own streams stays out of standard output."""
    words = ["fit", str(fitted.cohort), "--out", str(tmp_path / "run"), "--set", "strategy.repeats=1", "--json"]
    done = subprocess.run([sys.executable, "-m", "medgraft", *words, *home], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout)["metrics"]["test"] == read_json(tmp_path / "run" / "metrics.json")["test"]
    assert "research use only" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["fit", "nowhere", "--out", "run"], 3),
        (["fit", "nowhere", "--out", "run", "--set", "sed=1"], 2),
        (["fit", "--no-such-option"], 2),
        (["predict", "nowhere", "a.png"], 4),
    ],
)
def test_a_mistake_says_nothing_on_standard_output(words, code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--json"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert "Traceback" not in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), None])
def test_interruption_and_bugs(raised, monkeypatch, capsys, tmp_path):
    def fail(*_, **__):
        raise raised or ZeroDivisionError("ours")

    monkeypatch.setattr("medgraft.use.report.render.render_report", fail)
    assert main(["report", str(tmp_path)]) == (130 if raised else 1)
    message = capsys.readouterr().err
    assert ("goes on where it stopped" in message) == (raised is not None)
    for words in ("this is a bug in medgraft", "Traceback", "ZeroDivisionError: ours"):
        assert (words in message) == (raised is None)


def test_a_full_disk_is_no_bug(monkeypatch, capsys, tmp_path):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr("medgraft.use.report.render.render_report", full)
    assert main(["report", str(tmp_path)]) == 4
    assert "No space left on device somewhere" in capsys.readouterr().err


def verbs(command, *words):
    """The words of every command below ``command``."""
    if not hasattr(command, "commands"):
        return [list(words)]
    return [found for name, inner in command.commands.items() for found in verbs(inner, *words, name)]


def test_every_verb_is_walked():
    assert {"fit", "weights import", "cache clear"} <= {" ".join(words) for words in verbs(get_command(app))}


@pytest.mark.parametrize("verb", verbs(get_command(app)), ids=" ".join)
def test_help_has_an_example(verb, capsys):
    assert main([*verb, "--help"]) == 0
    assert f"Example: medgraft {' '.join(verb)}" in capsys.readouterr().out


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
