"""The receipt tells a synthetic cohort from any other folder."""

from __future__ import annotations

from medgraft.data.phantom.cohort import write_phantom
from medgraft.data.phantom.receipt import is_phantom


def test_a_phantom_is_known_by_folder_and_by_table(tmp_path):
    folder = write_phantom(tmp_path / "phantom", patients=8, images_per_patient=(1, 1), size=32)
    assert is_phantom(folder)
    assert is_phantom(folder / "table.csv")


def test_any_other_folder_is_not(tmp_path):
    assert not is_phantom(tmp_path)
    assert not is_phantom(tmp_path / "nowhere")
