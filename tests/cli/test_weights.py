"""``medgraft weights`` lists, imports and verifies."""

from __future__ import annotations

import json
import shutil

from medgraft.cli.main import main


def test_weights(tmp_path, capsys):
    def asked(verb):
        assert main(["weights", verb, "--json", "--home", str(tmp_path)]) == 0
        return json.loads(capsys.readouterr().out)

    assert "tf_efficientnet_lite0" in asked("list")["packages"]
    assert asked("verify")["entries"] == []


def test_weights_import(fitted, call, tmp_path, capsys):
    import timm
    from safetensors.torch import save_file

    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "test_resnet.safetensors")
    entry = call(
        "weights", "import", tmp_path / "test_resnet.safetensors", "--backbone", "test_resnet", "--licence", "mine"
    )
    assert entry["licence"] == "mine"
    shown = call("weights", "show", "test_resnet")
    assert {row["status"] for row in shown["table"]["rows"]} == {"transferred", "source head"}
    words = ["weights", "check", str(tmp_path / "test_resnet.safetensors"), "--json", "--backbone"]
    assert main([*words, "test_resnet"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["fits"] and checked["rows"] == shown["table"]["rows"]
    assert "are the source task's own" in checked["summary"]
    assert main([*words, "resnet18"]) == 4
    shutil.rmtree(fitted.home.weights)
