"""What the teacher says reaches the training; without one nothing begins."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.strategies.distill import Distill, DistillConfig


def test_the_plan_and_the_lesson(planned) -> None:
    answers = np.array([[0.9, 0.1], [0.4, 0.6]])
    known = {"is_val": np.array([False, True]), "labels": np.array([0, 1]), "teacher": lambda: answers}
    config, plan, from_probe = planned(Distill, {"temperature": 3.0, "teacher_weight": 0.25}, **known)
    assert from_probe
    assert (plan.learns, plan.rates.decay) == ("everything", config.layer_decay)
    assert (planned.lesson.temperature, planned.lesson.weight) == (3.0, 0.25)
    assert planned.lesson.answers is answers


def test_without_a_teacher(planned) -> None:
    with pytest.raises(UsageError, match=r"strategy\.teacher=RUN"):
        planned(Distill, {}, teacher=None)


def test_losses_that_have_no_meaning_here_are_refused() -> None:
    with pytest.raises(ValueError, match="loss"):
        DistillConfig(loss="focal")
