"""What all tests share: where real data lie, a house of their own, and a list of what was skipped and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

# Test processes share the cores: where each has a thread for every core, OpenMP's threads spend their time waiting for
# one another, and a training takes ten times as long. It is said before PyTorch is imported, and to what is started.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # not of the process that starts the others: they would inherit it
    _SHARE = (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, _SHARE)))

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


LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
FRAME = "1.2.826.0.1.3680043.8.498.7"


def ball_mask(
    shape: Sequence[int], spacing: Sequence[float], centre: Sequence[float], radius: float | Sequence[float]
) -> np.ndarray:
    """Voxels whose centre lies within an ellipsoid; ``centre`` and ``radius`` in mm from the first voxel."""
    radii = np.broadcast_to(np.asarray(radius, dtype=float), (len(shape),))
    places = np.meshgrid(*(np.arange(n) * side for n, side in zip(shape, spacing, strict=True)), indexing="ij")
    away = sum(((p - c) / r) ** 2 for p, c, r in zip(places, centre, radii, strict=True))
    return np.asarray(away <= 1)


@pytest.fixture(scope="session")
def ball() -> Callable[..., np.ndarray]:
    return ball_mask


def oblique_affine(spacing: Sequence[float] = (3.0, 1.0, 0.5), angle: float = 0.3) -> np.ndarray:
    """Index → mm RAS of a grid that is turned about two axes: slices to the Superior."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    axes = turn @ np.array([[0.0, 0, -1], [0, -1, 0], [1, 0, 0]])
    affine = np.eye(4)
    affine[:3, :3] = axes * np.asarray(spacing)
    affine[:3, 3] = [-12.5, 30.25, 7.0]
    return affine


@pytest.fixture(scope="session")
def oblique() -> Callable[..., np.ndarray]:
    return oblique_affine


def write_series(
    folder: Path,
    affine: np.ndarray,
    shape: Sequence[int],
    *,
    date: str = "20240101",
    patient: str = "P1",
    values: np.ndarray | None = None,
    **tags: object,
) -> Path:
    """A CT series whose slice d lies where ``affine`` (index → mm RAS) puts it; files are in a shuffled order."""
    from pydicom import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    folder.mkdir(parents=True, exist_ok=True)
    lps = LPS_TO_RAS @ affine
    sides = np.linalg.norm(lps[:3, :3], axis=0)
    names = np.random.default_rng(0).permutation(shape[0])
    for place in range(shape[0]):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, f"{FRAME}.{1 + place}.{date}"
        one.StudyInstanceUID, one.SeriesInstanceUID = f"{FRAME}.1.{date}", f"{FRAME}.2.{date}"
        one.FrameOfReferenceUID, one.Modality = FRAME, "CT"
        one.PatientName, one.PatientID, one.PatientBirthDate, one.PatientSex = "Nobody^Real", patient, "", ""
        one.StudyDate, one.StudyTime, one.StudyID, one.AccessionNumber = date, "120000", "1", ""
        one.ReferringPhysicianName, one.InstanceNumber, one.SeriesNumber = "", place + 1, 1
        one.ImagePositionPatient = [round(float(x), 6) for x in lps[:3, 3] + lps[:3, 0] * place]
        directions = [*(lps[:3, 2] / sides[2]), *(lps[:3, 1] / sides[1])]
        one.ImageOrientationPatient = [round(float(x), 10) for x in directions]
        one.PixelSpacing, one.SliceThickness = [float(sides[1]), float(sides[2])], float(sides[0])
        one.Rows, one.Columns, one.SamplesPerPixel = shape[1], shape[2], 1
        one.PhotometricInterpretation, one.BitsAllocated, one.BitsStored, one.HighBit = "MONOCHROME2", 16, 16, 15
        one.PixelRepresentation, one.RescaleSlope, one.RescaleIntercept = 1, 1, 0
        pixels = np.full(shape[1:], place) if values is None else values[place]
        one.PixelData = np.ascontiguousarray(pixels, dtype="<i2").tobytes()
        for name, value in tags.items():
            if value is None:
                delattr(one, name)
            else:
                setattr(one, name, value)
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID, one.file_meta.MediaStorageSOPInstanceUID = (
            one.SOPClassUID,
            one.SOPInstanceUID,
        )
        one.save_as(folder / f"{names[place]:03d}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture(scope="session")
def ct_series() -> Callable[..., Path]:
    return write_series
