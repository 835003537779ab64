"""Adversarial training: its plan by method, and what is given back."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medgraft.transfer.strategies.adversarial import Adversarial, AdversarialConfig


def test_the_plan(planned) -> None:
    config, plan, from_probe = planned(Adversarial, {"epsilon": 0.02, "batchnorm": "train", "judge_steps": 9})
    assert from_probe
    assert (plan.learns, plan.stage, plan.prefix, plan.batchnorm) == ("everything", None, None, "train")
    assert plan.rates.decay == config.layer_decay == 1.0
    assert (plan.adversary.method, plan.adversary.epsilon, plan.adversary.judge_steps) == ("fgsm", 0.02, 9)


def test_the_one_step_is_that_of_fast_training_whatever_the_others_are(planned) -> None:
    _, plan, _ = planned(Adversarial, {"method": "fgsm", "steps": 10, "step": 0.1})
    assert (plan.adversary.steps, plan.adversary.step) == (1, 1.25)
    for method in ("pgd", "trades"):
        _, plan, _ = planned(Adversarial, {"method": method, "steps": 10, "step": 0.1, "beta": 2.0})
        assert (plan.adversary.steps, plan.adversary.step, plan.adversary.beta) == (10, 0.1, 2.0)


@pytest.mark.parametrize(("epochs", "replays", "left"), [(8, 4, 2), (9, 4, 3), (1, 8, 1)])
def test_epochs_of_free_are_divided_by_its_replays(monkeypatch, epochs, replays, left) -> None:
    seen = {}

    def tune(name, config, plan, material):
        seen.update(epochs=config.epochs, replays=plan.adversary.replays)

    monkeypatch.setattr("medgraft.transfer.strategies.adversarial.tune", tune)
    Adversarial(AdversarialConfig(method="free", epochs=epochs, replays=replays)).fit(None)
    assert seen == {"epochs": left, "replays": replays}
    Adversarial(AdversarialConfig(method="pgd", epochs=epochs, replays=replays)).fit(None)
    assert seen["epochs"] == epochs


def test_epsilon_in_grey_levels_is_refused() -> None:
    for epsilon in (4, 0, -0.1):
        with pytest.raises(ValidationError, match="epsilon"):
            AdversarialConfig(epsilon=epsilon)
