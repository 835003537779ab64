"""One contract for every strategy in the registry."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from medgraft.experiment import config
from medgraft.transfer.strategies.strategy import STRATEGIES

BUILT_IN = [name for name in STRATEGIES if config]


@pytest.mark.parametrize("name", BUILT_IN)
def test_name_and_config_agree(name):
    member = STRATEGIES.get(name)
    assert member.name == name
    assert get_args(member.Config.model_fields["kind"].annotation) == (name,)
    assert member.Config().kind == name
    assert isinstance(member.needs_validation, bool)
    assert member.__doc__


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_config_is_closed_frozen_and_described(name):
    model = STRATEGIES.get(name).Config
    with pytest.raises(ValidationError):
        model(no_such_field=1)
    with pytest.raises(ValidationError):
        model().kind = "other"
    assert all(field.description for key, field in model.model_fields.items() if key != "kind")
