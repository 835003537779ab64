"""Leave one site out: every known site is answered for by a model that has seen none of it.

Cross-validation answers for patients that are new at sites that are known; a site that is new itself sees what is
measured here. A patient of the left-out site trains nothing, wherever else that patient was; nor does a case of unknown
site, which may be of that one. Training cases are those of train and validation: the test cases take no part.

Source: Zech et al. 2018 (networks that do well at home and worse elsewhere).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import MedgraftError
from medgraft.transfer.selection.trial import answers_of, part_of
from medgraft.transfer.strategies.strategy import STRATEGIES, Material

__all__ = ["LeftSiteOut", "leave_one_site_out"]


@dataclass(frozen=True)
class LeftSiteOut:
    """``names`` of the sites; ``site`` (n,) the number of each case's, −1 where unknown; ``probability`` (n, classes)
    by a model that has not seen the case's site, NaN where there is none; ``failed``: sites without one, and why."""

    names: tuple[str, ...]
    site: NDArray[np.int64]
    probability: NDArray[np.float64]
    failed: dict[str, str]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(n,) the cases that have an answer."""
        return ~np.isnan(self.probability[:, 0])


def leave_one_site_out(material: Material, settings: Mapping[str, Any]) -> LeftSiteOut | None:
    """``settings`` are those of a strategy on cached features, ``kind`` among them. ``None`` for fewer than two known
    sites."""
    given = np.full(len(material.labels), "") if material.sites is None else material.sites
    names = np.unique(given[given != ""])
    if len(names) < 2:
        return None
    site = np.where(given == "", -1, np.searchsorted(names, given)).astype(np.int64)
    member = STRATEGIES.get(str(settings["kind"]))
    plain = {**settings, "repeats": 0} if "repeats" in member.Config.model_fields else dict(settings)
    probability, failed = np.full((len(site), material.n_classes), np.nan), dict[str, str]()
    for number, name in enumerate(names):
        held = site == number
        rows = np.flatnonzero((site >= 0) & ~held & ~np.isin(material.groups, material.groups[held]))
        missing = material.n_classes - len(np.unique(material.labels[rows]))
        if missing:
            failed[str(name)] = f"the other sites have no case of {missing} of the classes"
            continue
        part = part_of(material, rows, np.zeros(len(rows), bool), f"site-{number}")
        try:
            done = member(member.Config(**plain)).fit(part)
        except MedgraftError as error:
            failed[str(name)] = str(error)
            continue
        finally:
            shutil.rmtree(part.checkpoints, ignore_errors=True)
        probability[held] = answers_of(done, material, np.flatnonzero(held))
    return LeftSiteOut(tuple(str(name) for name in names), site, probability, failed)
