"""``kill -9`` at random moments, then the same command: it ends with the very same numbers.

A small sample by default; ``pytest -m slow tests/hostile`` kills twenty times for each strategy.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from medgraft.data.phantom.cohort import write_phantom

SETTINGS = {
    "linear-probe": ["--set", "preprocess.size=96"],
    "lp-ft": [*("--set", "preprocess.size=64"), *("--set", "strategy.epochs=3"), *("--set", "strategy.batch_size=8")],
}
CASES = [
    *(pytest.param(name, 1, id=f"{name}-sample") for name in SETTINGS),
    *(pytest.param(name, 20, id=f"{name}-all", marks=pytest.mark.slow) for name in SETTINGS),
]


class House:
    """One cohort; ``fit`` in processes of their own, in a house that may be thrown away."""

    def __init__(self, folder, strategy, repository):
        self.folder, self.strategy = folder, strategy
        self.cohort = write_phantom(folder / "cohort", patients=16, images_per_patient=(1, 2), size=64, seed=4)
        self.environment = {**os.environ, "PYTHONPATH": str(repository / "src"), "MEDGRAFT_HOME": str(folder / "house")}

    def start(self, run):
        words = ["fit", self.cohort, "--out", run, "--strategy", self.strategy, *SETTINGS[self.strategy]]
        return subprocess.Popen(
            [sys.executable, "-m", "medgraft", *(str(word) for word in words)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, run):
        process = self.start(run)
        _, error = process.communicate()
        assert process.returncode == 0, error
        return self.outcome(run)

    @staticmethod
    def outcome(run):
        """Everything that has to be the same."""
        bundle = {path.name: path.read_bytes() for path in (run / "bundle").iterdir()}
        return (run / "metrics.json").read_bytes(), bundle, pd.read_parquet(run / "predictions.parquet")


@pytest.mark.parametrize(("strategy", "kills"), CASES)
def test_the_same_numbers_after_a_kill(tmp_path, repository, strategy, kills):
    house = House(tmp_path, strategy, repository)
    began = time.perf_counter()
    metrics, bundle, predictions = house.finish(tmp_path / "unbroken")
    duration = time.perf_counter() - began
    moments = random.Random(7)
    for number in range(kills):
        if number % 2:  # every other one from a cold cache
            house.environment["MEDGRAFT_HOME"] = str(tmp_path / f"house-{number}")
            (tmp_path / f"house-{number}").mkdir()
            (tmp_path / f"house-{number}" / "key").write_bytes((tmp_path / "house" / "key").read_bytes())
        run = tmp_path / f"killed-{number}"
        process = house.start(run)
        time.sleep(moments.uniform(0.3, duration))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        again = house.finish(run)
        assert again[0] == metrics
        assert again[1] == bundle
        pd.testing.assert_frame_equal(again[2], predictions)
