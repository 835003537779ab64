"""``medgraft cache`` shows and clears what can be computed again, and nothing else."""

from __future__ import annotations

import shutil

from medgraft.cli.main import main


def test_cache(fitted, call, tmp_path):
    kinds = {entry["kind"] for entry in call("cache", "list")["entries"]}
    assert {"engines", "facts", "features"} <= kinds
    shutil.copytree(fitted.home.path, tmp_path / "house")
    assert main(["cache", "clear", "--home", str(tmp_path / "house")]) == 0
    assert not (tmp_path / "house" / "cache").exists()
    assert (tmp_path / "house" / "key").exists()
