"""Demands are shares, each once."""

from __future__ import annotations

import pytest

from medgraft.errors import ConfigError
from medgraft.experiment.config import resolve_config


def test_defaults_are_those_of_the_issue() -> None:
    trust = resolve_config().trust
    assert (trust.alpha, trust.keep, trust.demand) == (0.1, 0.95, (0.9, 0.95))


@pytest.mark.parametrize("setting", ["trust.alpha=0.6", "trust.keep=1", "trust.demand=[0.9,0.9]", "trust.demand=[2]"])
def test_what_is_no_share_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match=setting.partition("=")[0]):
        resolve_config(sets=[setting])
