"""Each verb from the command line, on a small run: what it prints and what it writes."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from medgraft.cli.main import main


@pytest.fixture
def run(fitted, tmp_path):
    shutil.copytree(fitted.run, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def call(fitted, capsys):
    """Run one command in the fitted house; its JSON."""

    def one(*words):
        assert main([str(word) for word in words] + ["--json", "--home", str(fitted.home.path)]) == 0
        return json.loads(capsys.readouterr().out)

    return one


def test_predict(fitted, run, call, tmp_path):
    answer = call("predict", run, fitted.cohort / "images", "--out", tmp_path / "answers.csv", "--no-paths")
    table = pd.read_csv(tmp_path / "answers.csv")
    assert answer["pictures"] == len(table)
    assert "file" not in table
    inline = call("predict", run, fitted.cohort / "images")
    assert len(inline["rows"]) == len(table)


def test_evaluate(fitted, run, call):
    answer = call("evaluate", run, fitted.cohort, "--name", "again")
    assert answer["split"] == "external:again"
    assert answer["metrics"]["accuracy"]["n"] > 0


def test_report(run, call):
    assert call("report", run, "--no-images")["images"] is False
    assert "base64,/9j" not in (run / "report.html").read_text("utf-8")


def test_embed(fitted, call, tmp_path):
    assert call("embed", fitted.cohort, "--out", tmp_path / "features.parquet")["features"] == 1280


def test_weights(call, tmp_path):
    assert "tf_efficientnet_lite0" in call("weights", "list")["packages"]
    assert call("weights", "verify")["entries"] == []


def test_weights_import(fitted, call, tmp_path):
    import timm
    from safetensors.torch import save_file

    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "test_resnet.safetensors")
    entry = call(
        "weights", "import", tmp_path / "test_resnet.safetensors", "--backbone", "test_resnet", "--licence", "mine"
    )
    assert entry["licence"] == "mine"
    shutil.rmtree(fitted.home.weights)


def test_cache(fitted, call, tmp_path):
    kinds = {entry["kind"] for entry in call("cache", "list")["entries"]}
    assert {"engines", "facts", "features"} <= kinds
    shutil.copytree(fitted.home.path, tmp_path / "house")
    assert main(["cache", "clear", "--home", str(tmp_path / "house")]) == 0
    assert not (tmp_path / "house" / "cache").exists()
    assert (tmp_path / "house" / "key").exists()


@pytest.mark.parametrize(
    ("family", "member"),
    [
        ("strategies", "lp-ft"),
        ("engines", "openvino"),
        ("metrics", "auroc"),
        ("transforms", "flip"),
        ("checks", "pixels"),
        ("backbones", "torchvision/resnet50"),
    ],
)
def test_list(family, member, capsys):
    assert main(["list", family, "--json"]) == 0
    assert member in json.loads(capsys.readouterr().out)[family]


def test_demo(tmp_path, call):
    answer = call("demo", "--out", tmp_path / "demo", "--patients", 16, "--size", 64)
    assert answer["metrics"]["test"]["auroc"]["n"] > 0
    assert (tmp_path / "demo" / "run" / "report.html").exists()


def test_label_map_on_the_command_line(fitted, call, tmp_path, capsys):
    answer = call("fit", fitted.cohort, "--out", tmp_path / "run", "--label-map", "clear=healthy")
    assert answer["metrics"]["_meta"]["labels"] == ["healthy", "nodule"]
    assert main(["fit", str(fitted.cohort), "--out", str(tmp_path / "other"), "--label-map", "clear"]) == 2
    assert "A=B,C=D is needed" in capsys.readouterr().err
