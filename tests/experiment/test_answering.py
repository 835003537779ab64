"""What a folder answers with is read off its labels, or left to whoever reads it."""

import json

import pytest

from medgraft.experiment.answering import answers_with


@pytest.mark.parametrize(
    ("task", "target"), [("segmentation", "masks"), ("detection", "boxes"), ("binary", "labels"), ("ordinal", "labels")]
)
def test_run_and_bundle(tmp_path, task, target):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "labels.json").write_text(json.dumps({"format_version": 1, "task": task}))
    assert answers_with(tmp_path) == answers_with(tmp_path / "bundle") == target


def test_another_folder(tmp_path):
    assert answers_with(tmp_path) == answers_with(tmp_path / "nothing") == "labels"
