"""Files that are whole or not there, and one flipped bit that is an error."""

from __future__ import annotations

import hashlib
import json
import stat
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medgraft import files
from medgraft.errors import ArtifactError


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000))
def test_bytes_come_back_and_hash_as_hashlib(tmp_path, data):
    path = tmp_path / "deep" / "file"
    files.write_bytes(path, data)
    assert path.read_bytes() == data
    assert files.sha256_file(path) == files.sha256_bytes(data) == hashlib.sha256(data).hexdigest()
    assert [item.name for item in path.parent.iterdir()] == ["file"], "no temporary file is left"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_private_files_are_the_owners(tmp_path):
    files.write_text(tmp_path / "private" / "links", "x", private=True)
    assert stat.S_IMODE((tmp_path / "private" / "links").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.write_text(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left on device; free space"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError, match=r"Not a directory|File exists"):
        files.write_text(tmp_path / "file" / "below", "x")


def test_json_has_a_version_and_no_nan(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"value": float("nan"), "list": [float("inf"), 1.5, {"é": (1, None)}]})
    assert json.loads(path.read_text("utf-8")) == {
        "format_version": 1,
        "value": None,
        "list": [None, 1.5, {"é": [1, None]}],
    }
    assert files.read_json(path)["list"][1] == 1.5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "it is damaged"),
        ('{"format_version": 99}', "format version 99"),
        ("{}", "format version None"),
        ("[1]", "format version None"),
    ],
)
def test_json_that_is_not_ours_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ArtifactError, match=words):
        files.read_json(path)


def test_a_missing_json_is_said(tmp_path):
    with pytest.raises(ArtifactError, match="there is no such file"):
        files.read_json(tmp_path / "a.json")


@pytest.fixture
def folder(tmp_path):
    files.write_text(tmp_path / "a", "first")
    files.write_text(tmp_path / "sub" / "b", "second")
    files.write_manifest(tmp_path)
    return tmp_path


def test_a_whole_folder_verifies(folder):
    files.verify_manifest(folder)
    assert (folder / files.MANIFEST).read_text().count("\n") == 2


def test_every_flipped_bit_is_noticed(folder):
    for path in (folder / "a", folder / "sub" / "b", folder / files.MANIFEST):
        whole = path.read_bytes()
        for position in range(len(whole)):
            for bit in range(8):
                flipped = bytearray(whole)
                flipped[position] ^= 1 << bit
                path.write_bytes(bytes(flipped))
                with pytest.raises(ArtifactError):
                    files.verify_manifest(folder)
        path.write_bytes(whole)
    files.verify_manifest(folder)


def test_missing_and_foreign_files_are_named(folder):
    (folder / "a").rename(folder / "c")
    with pytest.raises(ArtifactError, match="missing a; not listed c"):
        files.verify_manifest(folder)
