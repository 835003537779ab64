"""The run folder: where each artefact of a run lies, and whether a run can be begun, resumed or is done.

``config.json`` is written first and says what the run is (settings, digest of the data); ``timings.json`` is
written last and says that it is complete. The same command in the same folder resumes or says "done";
another configuration or other data are an error unless ``overwrite``.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgraft.errors import ArtifactError, UsageError
from medgraft.files import read_json, verify_manifest, write_json
from medgraft.types import FORMAT_VERSION

__all__ = ["RunFolder", "require_empty", "versions"]

_RECORDED = ("medgraft", "numpy", "openvino", "pandas", "pillow", "pydicom", "scipy", "timm", "torch", "torchvision")


def versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    found = {"python": platform.python_version()}
    for name in _RECORDED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def require_empty(out: Path | None, *, overwrite: bool) -> None:
    """For verbs that may write a folder of their own: ``UsageError`` where something is in it already."""
    if out is not None and out.exists() and (out.is_file() or any(out.iterdir())) and not overwrite:
        raise UsageError(f"--out {out}: it is there already and not empty; give another folder, or --overwrite")


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def private(self) -> Path:
        """The only place with paths, patient ids and pictures."""
        return self.path / "private"

    @property
    def bundle(self) -> Path:
        """The part that predicts."""
        return self.path / "bundle"

    @property
    def checkpoints(self) -> Path:
        """Resumable state of a training."""
        return self.private / "checkpoints"

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def begin(self, config: dict[str, Any], data_digest: str, *, overwrite: bool) -> bool:
        """Make the folder ready; ``True`` if this very run is already complete there.

        Raises ``UsageError`` if something else lies there, ``ArtifactError`` if the complete run is damaged.
        """
        identity = {"format_version": FORMAT_VERSION, **config, "data_digest": data_digest}
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"--out {self.path}: it is a file; a folder is needed")
        if self.path.is_dir() and any(self.path.iterdir()):
            if not (self / "config.json").exists() and not overwrite and not self._is_our_debris():
                raise UsageError(f"--out {self.path}: the folder holds other files; give a new or an empty folder")
            if (self / "config.json").exists():
                different = self._difference(identity)
                if different and not overwrite:
                    raise UsageError(
                        f"--out {self.path}: it holds another run ({different}). Give another folder, or --overwrite"
                    )
                if not different and not overwrite and (self / "timings.json").exists():
                    self.verify()
                    return True
                if different or overwrite:
                    self.clear()
        try:
            self.private.mkdir(parents=True, exist_ok=True)
            self.private.chmod(0o700)
        except OSError as error:
            raise ArtifactError(f"making {self.path}: {error.strerror}; give a folder that can be written") from error
        write_json(self / "config.json", {**identity, "versions": versions()})
        return False

    def _is_our_debris(self) -> bool:
        """A run that was killed before its first file was in place leaves temporary files and ``private`` only."""
        return all(item.name == "private" or item.name.startswith(".config.json.") for item in self.path.iterdir())

    def _difference(self, identity: dict[str, Any]) -> str:
        """The first settings that differ from the run that lies here; empty if none."""
        before = read_json(self / "config.json")
        differing = sorted(
            key for key in set(identity) | set(before) if key != "versions" and identity.get(key) != before.get(key)
        )
        words = ["the data" if key == "data_digest" else key for key in differing]
        return ", ".join(words[:4]) + (" differ" if len(words) > 1 else " differs") if words else ""

    def clear(self) -> None:
        """Remove what a run writes, and nothing else."""
        for name in ("bundle", "private"):
            shutil.rmtree(self / name, ignore_errors=True)
        for name in _FILES:
            (self / name).unlink(missing_ok=True)

    def withdraw(self) -> None:
        """Take a refused beginning back, so that the folder is free for better settings.

        Nothing is removed once something was learnt (a bundle or a checkpoint): what lies before costs seconds.
        """
        if not self.bundle.exists() and not self.checkpoints.exists():
            self.clear()
            with contextlib.suppress(OSError):  # other files lie there
                self.path.rmdir()

    def verify(self) -> None:
        """Raise ``ArtifactError`` unless the complete run is whole."""
        verify_manifest(self.bundle)
        for name in ("split.json", "audit.json", "metrics.json"):
            read_json(self / name)


_FILES = (
    "cohort.parquet",
    "audit.json",
    "split.json",
    "config.json",
    "ladder.json",
    "adaptation.json",
    "learning_curve.json",
    "comparison.json",
    "history.csv",
    "outlines.parquet",
    "outline_facts.json",
    "boxes.parquet",
    "predicted_boxes.parquet",
    "predictions.parquet",
    "slices.parquet",
    "metrics.json",
    "robustness.json",
    "attacks.json",
    "loso.json",
    "trust.json",
    "explanations.json",
    "fusion.json",
    "fusion_predictions.parquet",
    "subgroups.json",
    "checklist.md",
    "timings.json",
    "report.html",
    "model_card.md",
)
