"""Stage of ``evaluate``: how many answers stay right when pictures are changed against the model; ``attacks.json``.

PGD of 20 steps, APGD, and Square, which follows no gradient and so shows where gradients mislead, at 1, 2 and 4 of 255
grey levels, normalisation and head inside. The likelier class counts as the answer: it is what an attack can turn,
while a cut is the user's. At most ``MOST_ATTACKED`` cases take part, whole patients drawn from the seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.robustness import Evaluated, asked_again
from medgraft.files import write_json
from medgraft.insight.explanation.attributed import Attributed
from medgraft.insight.explanation.log_odds import has_gradient
from medgraft.measure.patients import Patients
from medgraft.measure.robustness import robustness_curves
from medgraft.progress import Progress
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.attack import Attack
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.attacks.square import Square
from medgraft.transfer.robustness.robust_accuracy import Trial, robust_accuracy
from medgraft.transfer.training.examples import Examples
from medgraft.use.prediction.predictor import Predictor

__all__ = ["LEVELS", "MOST_ATTACKED", "attacking_stage", "require_attackable"]

MOST_ATTACKED = 50
LEVELS = (1, 2, 4)
"""Of 255 grey levels."""


def require_attackable(bundle: Bundle) -> None:
    """Raise ``UsageError`` for what no attack is defined for, before anything is read."""
    if bundle.task.kind == "multi-label":
        raise UsageError(
            "--attacks: a case of this run has several labels, and an answer is right or wrong label by label; leave "
            "it out, or fit one label at a time with --label-col"
        )
    if not has_gradient(bundle.head):
        raise UsageError(
            f"--attacks: the run answers with a head of kind {bundle.head.kind!r}, which has no gradient to follow; "
            "fit with --strategy linear-probe, or leave it out"
        )


def attacking_stage(run: RunFolder, predictor: Predictor, evaluated: Evaluated, progress: Progress) -> dict[str, Any]:
    """Write ``attacks.json`` and give its content."""
    chosen, cases = asked_again(predictor.bundle, evaluated, MOST_ATTACKED, "attacks", progress)
    clean, right, blind = _survivors(predictor, cases, evaluated.seed, progress)
    patients = Patients.of(patient_numbers(chosen["patient_id"]), len(chosen))
    draws = {"seed": evaluated.seed, "replicates": evaluated.replicates}
    _, curves = robustness_curves(clean, right, patients, **draws)
    told = {name: [one.to_dict() for one in curve.accuracy] for name, curve in curves.items()}
    content = {
        "split": evaluated.part,
        "measure": "accuracy",
        "seed": evaluated.seed,
        "cases": len(evaluated.table),
        "clean": {"overall": next(iter(told.values()))[0], "per_class": {}},
        "attacks": [
            {
                "name": name,
                "epsilons": [
                    {"level": level, "overall": estimate, "per_class": {}}
                    for level, estimate in zip(LEVELS, estimates[1:], strict=True)
                ],
            }
            for name, estimates in told.items()
        ],
        "fooled_by_answers_alone": blind,
    }
    write_json(run / "attacks.json", content)
    return content


def _survivors(
    predictor: Predictor, cases: Examples, seed: int, progress: Progress
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], int]:
    """1 where the answer is right: (n,) as it is, and (levels, n) by attack; how many were fooled by answers alone."""
    job = predictor.job()
    network = Attributed(job, predictor.bundle.head)

    def model(pixels: Tensor) -> Tensor:
        """Log-probabilities: their softmax is what the run answers."""
        return torch.nn.functional.logsigmoid(network.odds(pixels)).float()

    attacks: dict[str, Attack] = {"pgd": Pgd(steps=20), "apgd": Apgd(steps=50), "square": Square(queries=300)}
    trial = Trial(attacks, [level / 255 for level in LEVELS], seed=seed, batch_size=16, device=job.device)
    found = robust_accuracy(model, cases, trial, progress)
    right = {name: each.astype(np.float64) for name, each in found.correct.items()}
    return found.clean.astype(np.float64), right, int(found.masked()[-1].sum())
