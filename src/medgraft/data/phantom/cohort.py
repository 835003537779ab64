"""The built-in cohort: synthetic patients at synthetic sites, drawn from one seed.

A patient has one anatomy, one site and one state (``nodule`` or ``clear``), and several pictures that differ in
pose and noise. Each patient and each picture has a generator of its own, seeded by (seed, patient, picture),
so that another layout holds the same pictures bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from medgraft.data.phantom.acquisition import Site, sites_for
from medgraft.data.phantom.anatomy import draw_anatomy
from medgraft.data.phantom.case import Case
from medgraft.data.phantom.grid import Grid, draw_pose
from medgraft.data.phantom.layouts import LAYOUTS
from medgraft.data.phantom.nodule import draw_nodules
from medgraft.data.phantom.radiograph import render
from medgraft.data.phantom.receipt import RECEIPT
from medgraft.errors import ArtifactError, UsageError
from medgraft.files import read_json, write_json

__all__ = ["PhantomPlan", "phantom_cases", "write_phantom"]


_COHORT, _PATIENT, _PICTURE = 0, 1, 2
_CONFOUNDED = 0.9


@dataclass(frozen=True)
class PhantomPlan:
    """What to draw. ``images_per_patient`` are the fewest and the most; ``size`` pixels a side.

    ``prevalence`` is the share of patients with a nodule (rounded to whole patients). ``confounded`` ties the label
    to the site: 90 % of the patients with a nodule come from the last site, 90 % of the others from the
    rest, a shortcut that an audit should find.
    """

    patients: int = 120
    images_per_patient: tuple[int, int] = (1, 4)
    sites: int = 2
    prevalence: float = 0.5
    size: int = 256
    seed: int = 0
    confounded: bool = False

    def __post_init__(self) -> None:
        fewest, most = self.images_per_patient
        problems = [
            text
            for holds, text in (
                (1 <= self.patients <= 100_000, f"patients = {self.patients}; 1 to 100000 are possible"),
                (1 <= fewest <= most, f"images_per_patient = {fewest, most}; 1 <= fewest <= most is needed"),
                (1 <= self.sites <= 100, f"sites = {self.sites}; 1 to 100 are possible"),
                (self.sites > 1 or not self.confounded, "confounded = True; that needs two sites"),
                (0 <= self.prevalence <= 1, f"prevalence = {self.prevalence}; 0 to 1 is possible"),
                (
                    32 <= self.size <= 2048 and self.size % 8 == 0,
                    f"size = {self.size}; 32, 40, … 2048 is possible",
                ),
                (self.seed >= 0, f"seed = {self.seed}; 0 or more is needed"),
            )
            if not holds
        ]
        if problems:
            raise UsageError(f"planning the phantom cohort: got {'; '.join(problems)}")


def write_phantom(
    folder: Path | str,
    *,
    patients: int = 120,
    images_per_patient: tuple[int, int] = (1, 4),
    sites: int = 2,
    prevalence: float = 0.5,
    size: int = 256,
    seed: int = 0,
    layout: str = "table",
    confounded: bool = False,
) -> Path:
    """Write the synthetic cohort into ``folder`` (new, empty, or an earlier phantom of the same plan); return it.

    ``layout`` is ``table`` (PNG files, masks, boxes, a table), ``folders`` (class folders) or ``dicom``. A complete
    phantom of the same plan is left as it is; an interrupted one is finished. Raises ``UsageError`` for a plan
    that does not hold or a folder with anything else in it, ``ArtifactError`` where it cannot be written.
    """
    writer = LAYOUTS.get(layout)
    plan = PhantomPlan(patients, images_per_patient, sites, prevalence, size, seed, confounded)
    target = Path(folder)
    receipt = {
        "synthetic": True,
        "layout": layout,
        "plan": {**asdict(plan), "images_per_patient": list(images_per_patient)},
    }
    if _is_complete(target, receipt):
        return target
    write_json(target / RECEIPT, {**receipt, "complete": False})
    try:
        writer(target, phantom_cases(plan), seed)
    except OSError as error:
        raise ArtifactError(
            f"writing the phantom cohort to {target}: {error.strerror or error}; free space or give another folder"
        ) from error
    write_json(target / RECEIPT, {**receipt, "complete": True})
    return target


def _is_complete(folder: Path, receipt: dict[str, object]) -> bool:
    """Whether this very phantom lies there already; anything foreign in the folder is an error."""
    if folder.is_file():
        raise UsageError(f"writing the phantom cohort: {folder} is a file; give a folder")
    if not folder.exists() or not any(folder.iterdir()):
        return False
    if not (folder / RECEIPT).exists():
        raise UsageError(f"writing the phantom cohort: {folder} holds other files; give a new or an empty folder")
    found = read_json(folder / RECEIPT)
    if {key: found.get(key) for key in receipt} != receipt:
        raise UsageError(
            f"writing the phantom cohort: {folder} holds a phantom of another plan; give another folder or delete it"
        )
    return found.get("complete") is True


def phantom_cases(plan: PhantomPlan) -> Iterator[Case]:
    """Draw the cohort case by case, patients in order of their number."""
    cohort = np.random.default_rng((plan.seed, _COHORT))
    sites = sites_for(plan.sites)
    has_nodule, places = _states_and_places(plan, cohort)
    counts = cohort.integers(plan.images_per_patient[0], plan.images_per_patient[1] + 1, plan.patients)
    grid = Grid(plan.size)
    for patient in range(plan.patients):
        rng = np.random.default_rng((plan.seed, _PATIENT, patient))
        anatomy = draw_anatomy(rng)
        nodules = draw_nodules(anatomy, rng) if has_nodule[patient] else ()
        site: Site = sites[places[patient]]
        name = f"P{plan.seed * 10_000 + patient + 1:04d}"  # another seed is other people
        for number in range(int(counts[patient])):
            rng = np.random.default_rng((plan.seed, _PICTURE, patient, number))
            picture = render(anatomy, nodules, draw_pose(rng), site, grid, rng)
            yield Case(f"{name}-{number + 1}", name, site, nodules, picture)


def _states_and_places(plan: PhantomPlan, rng: np.random.Generator) -> tuple[list[bool], list[int]]:
    """Who has a nodule and who comes from which site: exact shares, in random order."""
    positive = round(plan.prevalence * plan.patients)
    states, places = [], []
    for state, count in ((True, positive), (False, plan.patients - positive)):
        states += [state] * count
        places += _confounded(state, count, plan.sites) if plan.confounded else _balanced(state, count, plan.sites)
    order = rng.permutation(plan.patients)
    return [states[i] for i in order], [places[i] for i in order]


def _balanced(state: bool, count: int, sites: int) -> list[int]:
    """Sites in turn; the two states begin at opposite ends, so that odd patients spread."""
    turn = [index % sites for index in range(count)]
    return turn if state else [sites - 1 - site for site in turn]


def _confounded(state: bool, count: int, sites: int) -> list[int]:
    """Nodules at the last site, clear chests in turn at the others, one in ten the other way round."""
    others = [index % (sites - 1) for index in range(count)]
    usual = round(_CONFOUNDED * count)
    if state:
        return [sites - 1] * usual + others[: count - usual]
    return others[:usual] + [sites - 1] * (count - usual)
