"""Stage: what a new site will see; writes ``loso.json`` where two sites or more are known.

For strategies on cached features only: a network would have to be trained once a site.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.measure.by_site import site_rows
from medgraft.transfer.selection.site_out import leave_one_site_out
from medgraft.transfer.strategies.strategy import Material

__all__ = ["loso_stage"]


def loso_stage(work: Workspace) -> None:
    """Fill ``work.left_site_out``; nothing where it was not asked for, or cannot be had."""
    if not work.config.evaluation.loso or type(work.strategy).needs_network:
        return
    material = material_of(work)
    if material.labels.ndim > 1:
        if material.sites is not None and len(np.unique(material.sites[material.sites != ""])) > 1:
            work.progress.notice("no site was left out to see what a new one would get: that is for one label a case")
        return
    found = leave_one_site_out(material, work.config.strategy)
    if found is None:
        return
    work.left_site_out = found
    rows: list[dict[str, Any]] = site_rows(
        material.labels,
        found.probability,
        _known(work, material),
        (found.names, found.site),
        positive=work.task.positive_index,
        groups=material.groups,
    )
    content = {"strategy": work.config.strategy["kind"], "sites": rows, "failed": found.failed}
    write_json(work.run / "loso.json", {**content, "unknown_site": int(np.sum(found.site < 0))})


def _known(work: Workspace, material: Material) -> NDArray[np.float64] | None:
    """Out-of-fold answers (repeats, n, classes) of all cases, by models that have seen other patients of the site."""
    oof = work.out_of_fold
    if oof is None or len(oof.rows) != len(material.labels):
        return None
    known = np.empty_like(oof.probability)
    known[:, oof.rows] = oof.probability
    return known
