"""What a strategy plans, without carrying it out."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """``planned(Strategy, options)``: its config, the plan that it makes, and whether it starts from the probe. The
    material that it was given to is ``planned.material``."""
    backbone = SimpleNamespace(forgotten=lambda seed: f"random {seed}")

    def one(member, options, **material):
        seen = {}

        def tune(name, config, plan, given, *, from_probe=True, lesson=None):
            seen.update(name=name, plan=plan, given=given, from_probe=from_probe, lesson=lesson)
            return SimpleNamespace(facts={})

        monkeypatch.setattr(sys.modules[member.__module__], "tune", tune)
        monkeypatch.setattr(sys.modules[member.__module__], "replace", _replaced, raising=False)
        config = member.Config(**options)
        fields = {
            "seed": 5,
            "backbone": backbone,
            "cache": tmp_path,
            "checkpoints": tmp_path,
            "identity": "these pixels",
            "modality": "unknown",
            "index": np.arange(4),
            "cohort_size": 9,
        }
        member(config).fit(SimpleNamespace(**{**fields, **material}))
        assert seen["name"] == member.name
        one.material, one.lesson = seen["given"], seen["lesson"]
        return config, seen["plan"], seen["from_probe"]

    return one


def _replaced(material, **changes):
    return SimpleNamespace(**{**vars(material), **changes})
