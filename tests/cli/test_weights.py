"""``medgraft weights`` lists, imports and verifies."""

from __future__ import annotations

import shutil


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
