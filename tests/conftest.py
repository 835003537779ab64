"""What all tests share: where real data lie, a house of their own, and a list of what was skipped and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
MISSING = "missing data or weights"
"""The words by which a skip counts as one for missing data (see the terminal summary and .ci/run)."""


def _folder(variable: str, default: str) -> Path | None:
    """The folder that the environment names, or the default beside the checkout; None where there is none."""
    named = os.environ.get(variable)
    folder = Path(named) if named else ROOT.parent / "shared" / default
    filled = folder.is_dir() and any(folder.iterdir())
    if named and not filled:
        pytest.fail(f"{variable} names {named}, which is empty or not there; unset it or fill it", pytrace=False)
    return folder.absolute() if filled else None


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Real data sets ($MEDGRAFT_TEST_DATA, or ../shared/data); the test skips where they are absent."""
    folder = _folder("MEDGRAFT_TEST_DATA", "data")
    if folder is None:
        pytest.skip(f"{MISSING}: MEDGRAFT_TEST_DATA is not set and ../shared/data is not there")
    return folder


@pytest.fixture(scope="session")
def test_weights() -> Path:
    """Real weights ($MEDGRAFT_TEST_WEIGHTS, or ../shared/weights); the test skips where they are absent."""
    folder = _folder("MEDGRAFT_TEST_WEIGHTS", "weights")
    if folder is None:
        pytest.skip(f"{MISSING}: MEDGRAFT_TEST_WEIGHTS is not set and ../shared/weights is not there")
    return folder


@pytest.fixture(scope="session", autouse=True)
def medgraft_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A house of its own for the session, so that no test reads or writes the developer's."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDGRAFT_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A small phantom and the default fit on it, for all tests that only look: ``cohort run home result``."""
    from medgraft.data.phantom.cohort import write_phantom
    from medgraft.experiment.fitting import fit_run
    from medgraft.home import Home

    folder = tmp_path_factory.mktemp("fitted")
    cohort = write_phantom(folder / "cohort", patients=24, images_per_patient=(1, 2), size=64, seed=3)
    home = Home(folder / "house")
    result = fit_run(cohort, folder / "run", home=home)
    return SimpleNamespace(cohort=cohort, run=folder / "run", home=home, result=result)


def pytest_configure(config: pytest.Config) -> None:
    """A folder that is named but empty stops the run at once, rather than skipping half of it."""
    for variable, default in (("MEDGRAFT_TEST_DATA", "data"), ("MEDGRAFT_TEST_WEIGHTS", "weights")):
        try:
            _folder(variable, default)
        except pytest.fail.Exception as failure:
            raise pytest.UsageError(str(failure)) from None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped, why, and how many for missing data; CI reads the last line."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped")
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(f"{count:4d}  {reason}")
    about_data = sum(count for reason, count in reasons.items() if MISSING in reason or "MEDGRAFT_TEST_" in reason)
    terminalreporter.write_line(f"skipped for missing data or weights: {about_data}")
