"""The whole audit of a folder: planted leaks are in the result, in the file and on the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.errors import UsageError
from medgraft.experiment.auditing import audit_data


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory, fitted: SimpleNamespace) -> Path:
    """The phantom's pictures as class folders of a given split, one test picture again in train, mirrored."""
    folder = tmp_path_factory.mktemp("leaky")
    files = sorted((fitted.cohort / "images").glob("*.png"))
    for number, file in enumerate(files):
        part, label = "test" if number % 3 == 0 else "train", "a" if number % 2 else "b"
        (folder / part / label).mkdir(parents=True, exist_ok=True)
        pixels = (np.asarray(PillowImage.open(file)).astype(np.uint16) >> 4).astype(np.uint8)
        PillowImage.fromarray(pixels).save(folder / part / label / file.name)
    first = sorted((folder / "test" / "b").glob("*.png"))[0]
    PillowImage.fromarray(np.asarray(PillowImage.open(first))[:, ::-1]).save(folder / "train" / "a" / "again.png")
    (folder / "train" / "a" / "broken.png").write_bytes(b"")
    return folder


def test_what_was_planted_is_found(leaky: Path, tmp_path: Path, fitted: SimpleNamespace) -> None:
    result = audit_data(leaky, out=tmp_path / "audit", home=fitted.home)
    mirrored = [item for item in result.audit["duplicates"] if item.get("orientation") == "mirrored"]
    assert [set(item["splits"]) for item in mirrored] == [{"train", "test"}]
    assert result.serious >= 2
    told = result.to_json()
    assert told["quarantined"][0]["path"].endswith("broken.png")
    written = json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8"))
    assert "path" not in written["quarantined"][0]
    assert "mirrored" in result.page.read_text("utf-8")
    with pytest.raises(UsageError, match="not empty"):
        audit_data(leaky, out=tmp_path / "audit", home=fitted.home)


def test_pictures_without_labels(fitted: SimpleNamespace, tmp_path: Path) -> None:
    shutil.copytree(fitted.cohort / "images", tmp_path / "images")
    result = audit_data(tmp_path / "images", home=fitted.home)
    assert result.audit["shortcuts"] == []
    assert result.page is None
