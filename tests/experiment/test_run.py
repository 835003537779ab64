"""A run folder begins, goes on, says done, or refuses; it removes nothing that is not its own."""

from __future__ import annotations

import json
import shutil

import pytest

from medgraft.errors import ArtifactError, UsageError
from medgraft.experiment.run import RunFolder, versions

CONFIG = {"seed": 0, "strategy": {"kind": "linear-probe"}}


def test_a_new_folder_begins(tmp_path):
    run = RunFolder(tmp_path / "run")
    assert run.begin(CONFIG, "data", overwrite=False) is False
    assert json.loads((run / "config.json").read_text("utf-8"))["data_digest"] == "data"
    assert run.private.stat().st_mode & 0o777 == 0o700


def test_an_interrupted_one_goes_on(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.begin(CONFIG, "data", overwrite=False)
    (run.private / "state").write_text("kept")
    assert run.begin(CONFIG, "data", overwrite=False) is False
    assert (run.private / "state").exists()


def test_another_one_is_refused_and_named(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.begin(CONFIG, "data", overwrite=False)
    with pytest.raises(UsageError, match=r"seed differs.*--overwrite"):
        run.begin({**CONFIG, "seed": 1}, "data", overwrite=False)
    with pytest.raises(UsageError, match="the data differs"):
        run.begin(CONFIG, "other data", overwrite=False)


def test_overwriting_leaves_what_is_not_ours(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.begin(CONFIG, "data", overwrite=False)
    (run / "metrics.json").write_text("{}")
    (run / "notes.txt").write_text("mine")
    assert run.begin({**CONFIG, "seed": 1}, "data", overwrite=True) is False
    assert not (run / "metrics.json").exists()
    assert (run / "notes.txt").read_text() == "mine"


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="holds other files"):
        RunFolder(tmp_path).begin(CONFIG, "data", overwrite=False)


def test_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(UsageError, match="it is a file"):
        RunFolder(tmp_path / "run").begin(CONFIG, "data", overwrite=False)


def test_debris_of_a_killed_start_is_no_obstacle(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.private.mkdir(parents=True)
    (run / ".config.json.abc").write_text("half")
    assert run.begin(CONFIG, "data", overwrite=False) is False


def test_a_complete_run_is_done_unless_damaged(fitted, tmp_path):
    shutil.copytree(fitted.run, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    config = json.loads((run / "config.json").read_text("utf-8"))
    digest = config.pop("data_digest")
    for key in ("format_version", "versions"):
        config.pop(key)
    assert run.begin(config, digest, overwrite=False) is True
    weights = run.bundle / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"changed model\.safetensors"):
        run.begin(config, digest, overwrite=False)


def test_a_refused_beginning_is_taken_back(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.begin(CONFIG, "data", overwrite=False)
    (run / "cohort.parquet").write_bytes(b"")
    run.withdraw()
    assert not run.path.exists()
    run.begin(CONFIG, "data", overwrite=False)
    (run / "notes.txt").write_text("mine")
    run.withdraw()
    assert [item.name for item in run.path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("learnt", ["bundle", "private/checkpoints"])
def test_what_was_learnt_is_never_taken_back(tmp_path, learnt):
    run = RunFolder(tmp_path / "run")
    run.begin(CONFIG, "data", overwrite=False)
    (run / learnt).mkdir()
    run.withdraw()
    assert (run / learnt).is_dir()
    assert (run / "config.json").exists()


def test_versions_name_what_decides_the_numbers():
    assert {"medgraft", "numpy", "torch", "openvino", "python"} <= versions().keys()
