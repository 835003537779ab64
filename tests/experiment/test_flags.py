"""Names of the Python verbs lead to the settings that the command line sets."""

from medgraft.experiment.config import resolve_config
from medgraft.experiment.flags import data_flags, strategy_flags


def test_they_are_settings():
    flags = {**data_flags({"patient_col": "who", "positive": None}), **strategy_flags({"kind": "lp-ft", "epochs": 4})}
    config = resolve_config(flags=flags)
    assert config.data.patient_col == "who" and config.strategy["kind"] == "lp-ft" and config.strategy["epochs"] == 4
    assert resolve_config(flags=strategy_flags("ridge")).strategy["kind"] == "ridge"
    assert data_flags(None) == strategy_flags(None) == {}
