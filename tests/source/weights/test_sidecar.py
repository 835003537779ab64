"""The description beside a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medgraft.errors import WeightsError
from medgraft.source.weights.sidecar import Sidecar, read_sidecar


def test_absent_is_empty(tmp_path: Path) -> None:
    assert read_sidecar(tmp_path / "a.pth", "0" * 64) == Sidecar()


def test_unknown_fields_are_ignored_and_the_hash_is_not(tmp_path: Path) -> None:
    document = {"sha256": "a" * 64, "licence": "CC0", "more": 1, "source": {"repo": "x/y"}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    sidecar = read_sidecar(tmp_path / "a.pth", "a" * 64)
    assert (sidecar.licence, sidecar.origin) == ("CC0", "x/y@:")
    with pytest.raises(WeightsError, match="is recorded"):
        read_sidecar(tmp_path / "a.pth", "b" * 64)


@pytest.mark.parametrize("text", ["[", "[]", '{"input": {"mean": [1]}}'])
def test_what_is_no_description(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(WeightsError, match="no description"):
        read_sidecar(tmp_path / "a.pth", "0" * 64)
