"""What a run or bundle answers with, read without the libraries that it needs to answer."""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.cohort import Target
from medgraft.files import read_json

__all__ = ["answers_with"]

_TARGETS: dict[str, Target] = {"segmentation": "masks", "detection": "boxes"}


def answers_with(folder: Path) -> Target:
    """``masks``, ``boxes``, or ``labels``, which is also said of a folder that is neither run nor bundle: whoever reads
    it will tell what is wrong with it. Raises ``ArtifactError`` for a damaged ``labels.json``."""
    inside = folder / "bundle" if (folder / "bundle").is_dir() else folder
    labels = inside / "labels.json"
    return _TARGETS.get(str(read_json(labels).get("task")), "labels") if labels.is_file() else "labels"
