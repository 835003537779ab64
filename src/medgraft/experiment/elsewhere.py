"""Another site's data, for whatever a run answers with: which function evaluates it on
them, or brings it there.

Runs that give labels, that outline and that find boxes are evaluated and adapted by functions with the same
parameters; those of the latter two need libraries that the first do without.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from medgraft.experiment.adapt_result import AdaptResult
from medgraft.experiment.adapting import adapt_run
from medgraft.experiment.answering import answers_with
from medgraft.experiment.predicting import evaluate_run

__all__ = ["adapter_of", "evaluator_of"]


def evaluator_of(run: Path) -> Callable[..., dict[str, Any]]:
    """``evaluate_run``, or the same for outlines or boxes. Raises ``ArtifactError`` for a damaged run."""
    target = answers_with(run)
    if target == "masks":
        from medgraft.experiment.evaluating_outlines import evaluate_outlined

        return evaluate_outlined
    if target == "boxes":
        from medgraft.experiment.evaluating_boxes import evaluate_boxed

        return evaluate_boxed
    return evaluate_run


def adapter_of(run: Path) -> Callable[..., AdaptResult]:
    """``adapt_run``, or the same for outlines. Raises ``ArtifactError`` for a damaged run."""
    if answers_with(run) == "masks":
        from medgraft.experiment.adapting_outlines import adapt_outlined

        return adapt_outlined
    return adapt_run
