"""Every modality has its corruptions, every corruption a modality."""

from __future__ import annotations

import pytest

from medgraft.errors import UsageError
from medgraft.transfer.robustness.corruptions.catalogue import BUILT_IN, CORRUPTIONS
from medgraft.transfer.robustness.corruptions.policy import corruptions_for
from medgraft.types import Modality


@pytest.mark.parametrize("modality", list(Modality))
def test_names_are_known_and_each_once(modality):
    colour, grey = corruptions_for(modality, 3), corruptions_for(modality, 1)
    assert len(set(colour)) == len(colour) >= 5
    assert all(name in CORRUPTIONS for name in colour)
    assert grey == tuple(name for name in colour if not CORRUPTIONS.get(name).colour)


def test_none_is_left_over():
    assert BUILT_IN
    used = {name for modality in Modality for name in corruptions_for(modality, 3)}
    assert used == set(CORRUPTIONS)


def test_physics_is_not_mixed_up():
    assert "rings" in corruptions_for("ct", 1) and "ghosts" in corruptions_for("mr", 1)
    assert "stain-shift" in corruptions_for("microscopy", 3)
    assert not {"rings", "ghosts", "stain-shift", "characters"} & set(corruptions_for("unknown", 3))


def test_an_unknown_name_is_told():
    with pytest.raises(UsageError, match="did you mean 'radiograph'"):
        corruptions_for("radiographs", 1)
