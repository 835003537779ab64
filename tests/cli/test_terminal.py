"""Names from data are text on the terminal; progress is silent in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from medgraft.cli.terminal import Terminal, TerminalProgress, plain


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\rb", "\u202egnp.exe", "line\nbreak", "bell\x07"])
def test_control_characters_are_replaced(text):
    shown = plain(text)
    assert "�" in shown
    assert not any(ord(letter) < 32 or letter == "\u202e" for letter in shown)


def test_markup_is_text(capsys):
    terminal = Terminal(as_json=False)
    terminal.line("[bold]class[/bold] <img onerror=…>")
    terminal.table("", ["[red]name"], [["[link=x]y"]])
    shown = capsys.readouterr().out
    assert "[bold]class[/bold] <img onerror=…>" in shown
    assert "[link=x]y" in shown


def test_long_lists_are_cut_and_counted(capsys):
    Terminal(as_json=False).set_aside([(f"{number}.png", "broken") for number in range(13)])
    assert "… and 3 more" in capsys.readouterr().out


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_passes_everything_on(terminal, monkeypatch):
    monkeypatch.setattr("medgraft.cli.terminal._PATIENCE", -1.0)
    output = io.StringIO()
    progress = TerminalProgress(Console(file=output, force_terminal=terminal))
    assert list(progress.track(iter("abc"), total=3, label="working")) == ["a", "b", "c"]
    assert ("working" in output.getvalue()) == terminal
