"""The sheet and its steps: what the file says, what is done to it, what was drawn."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image as PillowImage

from medgraft.data.phantom.twins.grey import grey_twins
from medgraft.errors import ReaderError, UsageError
from medgraft.experiment.showing import show_file


def test_steps_from_file_to_input(tmp_path: Path, fitted: SimpleNamespace) -> None:
    twin = next(twin for twin in grey_twins() if twin.name == "u12-monochrome2-explicit-linear")
    (tmp_path / "ct.dcm").write_bytes(twin.data)
    shown = show_file(tmp_path / "ct.dcm", out=tmp_path / "a.png", augment=3, home=fitted.home)
    text = "\n".join(shown.steps)
    for words in (
        "uint16, modality ct",
        "values are 1 × stored + -1024",
        "windows of Hounsfield units: lung",
        "resized 64",
    ):
        assert words in text
    assert len(shown.drawn) == 3
    assert "flip" not in " ".join(shown.drawn)  # left and right mean something in CT
    with PillowImage.open(shown.out) as sheet:
        assert sheet.width > 1000


def test_mistakes(tmp_path: Path, fitted: SimpleNamespace) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ReaderError, match=r"showing .*a\.png: it is not an image"):
        show_file(tmp_path / "a.png", out=tmp_path / "b.png", home=fitted.home)
    with pytest.raises(UsageError, match="--augment"):
        show_file(tmp_path / "a.png", out=tmp_path / "b.png", augment=99, home=fitted.home)
    with pytest.raises(UsageError, match="exists already"):
        show_file(tmp_path / "a.png", out=tmp_path / "a.png", home=fitted.home)
