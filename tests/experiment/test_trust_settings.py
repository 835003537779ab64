"""Demands are shares, each once."""

from __future__ import annotations

import pytest

from medgraft.errors import ConfigError
from medgraft.experiment.config import resolve_config
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel


def test_defaults_are_those_of_the_issue() -> None:
    trust = resolve_config().trust
    assert (trust.alpha, trust.keep, trust.demand) == (0.1, 0.95, (0.9, 0.95))


@pytest.mark.parametrize("setting", ["trust.alpha=0.6", "trust.keep=1", "trust.demand=[0.9,0.9]", "trust.demand=[2]"])
def test_what_is_no_share_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match=setting.partition("=")[0]):
        resolve_config(sets=[setting])


def test_costs_of_errors() -> None:
    assert resolve_config().trust.costs is None
    costs = resolve_config(sets=["trust.miss_cost=10"]).trust.costs
    assert costs is not None and costs.threshold == pytest.approx(1 / 11)
    with pytest.raises(ConfigError, match=r"trust\.miss_cost"):
        resolve_config(sets=["trust.miss_cost=0"])


def test_costs_are_of_a_positive_class() -> None:
    trust = resolve_config(sets=["trust.miss_cost=10"]).trust
    trust.require_fit(Classification(("a", "b"), "b"))
    trust.require_fit(MultiLabel(("a", "b")))
    with pytest.raises(ConfigError, match=r"the classes a, b, c: a miss is of the positive class of two"):
        trust.require_fit(Classification(("a", "b", "c"), None))
