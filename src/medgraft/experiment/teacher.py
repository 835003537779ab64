"""The model that a student learns from: a run that was made before, asked for its answers on this run's cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ConfigError, DataError, LeakageError
from medgraft.files import read_json, sha256_file
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.embedding.embed import Picture
from medgraft.use.prediction.predictor import Predictor

__all__ = ["Teacher"]


@dataclass(frozen=True)
class Teacher:
    """``name`` of its folder, ``digest`` of its bundle; ``learnt`` holds the case ids of its training and validation
    cases, ``None`` where only a bundle is there and nobody knows."""

    name: str
    digest: str
    predictor: Predictor
    learnt: frozenset[str] | None

    @classmethod
    def load(cls, named: str, home: Home, device: str) -> Teacher:
        """Of the folder ``named``. Raises ``ConfigError`` without one, ``ArtifactError`` for a damaged one."""
        folder = Path(named)
        if not named or not folder.is_dir():
            raise ConfigError(
                f"strategy.teacher {named!r}: a run folder that `fit` made is needed, as in --set strategy.teacher=RUN"
            )
        predictor = Predictor.load(folder, home, device=device)
        inside = folder / "bundle" if (folder / "bundle").is_dir() else folder
        split, learnt = folder / "split.json", None
        if split.exists():
            parts = read_json(split)
            learnt = frozenset([*parts["train"], *parts["val"]])
        return cls(folder.resolve().name, sha256_file(inside / "MANIFEST.sha256"), predictor, learnt)

    def facts(self) -> dict[str, Any]:
        """What is recorded of it: no path."""
        return {"name": self.name, "digest": self.digest}

    def require_fit(self, labels: Sequence[str]) -> None:
        """Raise ``ConfigError`` for a teacher of other classes."""
        known = self.predictor.bundle.task.labels
        if tuple(labels) != known:
            raise ConfigError(
                f"strategy.teacher {self.name}: it knows the classes {', '.join(known)}; this cohort's are "
                f"{', '.join(labels)}, and both must be the same, in the same order"
            )

    def require_unseen(self, test: Sequence[str], progress: Progress) -> None:
        """Raise ``LeakageError`` where the teacher learnt from a case of this run's test set: its student would know
        the answers."""
        if self.learnt is None:
            progress.notice(f"the teacher {self.name} is a bundle without its split: nobody can say what it has seen")
            return
        seen = sum(case in self.learnt for case in test)
        if seen:
            raise LeakageError(
                f"strategy.teacher {self.name}: it learnt from {seen} of the {len(test)} test cases of this run; fit "
                "the teacher with the same data, --seed and split settings"
            )

    def answers(self, pictures: Sequence[Picture], reader: ImageReader, progress: Progress) -> NDArray[np.float64]:
        """Probabilities (n, classes). Raises ``DataError`` where it cannot read a case."""
        probability = self.predictor.predict(pictures, reader=reader, progress=progress).probability
        if not np.isfinite(probability).all():
            missing = int((~np.isfinite(probability)).any(axis=1).sum())
            raise DataError(f"strategy.teacher {self.name}: it has no answer for {missing} of {len(pictures)} cases")
        return probability
