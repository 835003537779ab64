"""The contract, over every registered source task."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medgraft.transfer.pretraining.catalogue import PRETEXTS
from medgraft.transfer.pretraining.pretext import Made, PretextConfig


@pytest.mark.parametrize("name", list(PRETEXTS))
def test_a_source_task_says_what_it_is(name):
    member = PRETEXTS.get(name)
    assert member.name == name == member.Config().kind
    assert isinstance(member.needs_labels, bool)
    assert isinstance(member(member.Config()).config, PretextConfig)
    with pytest.raises(ValidationError):
        member.Config(no_such_setting=1)
    with pytest.raises(ValidationError):
        member.Config(batch_size=8)


def test_the_rate_goes_by_the_start():
    assert PretextConfig().rate(from_random=True) > PretextConfig().rate(from_random=False)
    assert PretextConfig(lr=0.5).rate(from_random=True) == 0.5


def test_epochs_are_counted_without_the_start():
    assert Made({}, [{"epoch": 0}, {"epoch": 1}], 1, {}).epochs == 1
