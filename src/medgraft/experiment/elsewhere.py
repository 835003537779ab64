"""Another site's data, for whatever a run answers with: which function evaluates it.

Runs that give labels, and those that outline, are evaluated by functions with the same parameters; the latter need
libraries that the former do without.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from medgraft.experiment.answering import answers_with
from medgraft.experiment.predicting import evaluate_run

__all__ = ["evaluator_of"]


def evaluator_of(run: Path) -> Callable[..., dict[str, Any]]:
    """``evaluate_run``, or the same for outlines. Raises ``ArtifactError`` for a damaged run."""
    if answers_with(run) == "masks":
        from medgraft.experiment.evaluating_outlines import evaluate_outlined

        return evaluate_outlined
    return evaluate_run
