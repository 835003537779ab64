"""``pretrain`` from the command line: what it prints, and what a mistake costs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from medgraft.cli.main import main

QUICK = ["--backbone", "test_resnet", "--weights", "random", "--size", "32", "--epochs", "1", "--batch-size", "32"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Forty pictures that nobody labelled."""
    folder = tmp_path_factory.mktemp("archive")
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (36, 36), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_pretrain(archive, tmp_path, call, fitted, capsys):
    out = tmp_path / "archive-a.safetensors"
    result = call("pretrain", archive, "--method", "vicreg", *QUICK, "--out", out)
    assert result["name"] == "archive-a"
    assert result["pretraining"]["cases"] == 40
    assert out.is_file()
    listed = call("weights", "list")
    assert "archive-a" in {entry["name"] for entry in listed["entries"]}
    again = ["pretrain", str(archive), "--method", "vicreg", *QUICK, "--out", str(out)]
    assert main([*again, "--home", str(fitted.home.path)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*again, "--home", str(fitted.home.path), "--overwrite"]) == 0
    told = capsys.readouterr().out
    assert "vicreg on" in told
    assert "in the store as archive-a" in told


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--method", "simclr"], 2, "there is no pretraining method 'simclr'"),
        (["--method", "vicreg", "--set", "pretext.projektion=8"], 2, "did you mean 'pretext.projection'"),
        (["--method", "vicreg", "--weights", "nothing"], 4, "the store"),
        ([], 3, "label"),
    ],
)
def test_mistakes(archive, tmp_path, capsys, words, code, text):
    command = ["pretrain", str(archive), "--out", str(tmp_path / "w.safetensors"), *QUICK, *words]
    assert main([*command, "--home", str(tmp_path / "house")]) == code
    assert text in capsys.readouterr().err
    assert not (tmp_path / "w.safetensors").exists()


def test_breaking_off_is_130_and_goes_on(archive, tmp_path, monkeypatch, capsys):
    from medgraft.transfer.training import loop

    def stop(*_):
        raise KeyboardInterrupt

    command = ["pretrain", str(archive), "--out", str(tmp_path / "w.safetensors"), *QUICK, "--method", "vicreg"]
    command += ["--home", str(tmp_path / "house")]
    with monkeypatch.context() as patch:
        patch.setattr(loop._Loop, "_step", stop)
        assert main(command) == 130
    assert "goes on where it stopped" in capsys.readouterr().err
    assert main(command) == 0
