"""Stage of ``adapt``: the source of a run that outlines, from its folder: cases with masks, and what it outlines."""

from __future__ import annotations

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.outlines.legend import Legend
from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.outlines import LEGEND, kept_of
from medgraft.experiment.tables import read_table
from medgraft.files import read_json

__all__ = ["outlined_shares", "source_cohort"]


def source_cohort(run: RunFolder) -> Cohort:
    """The training cases of ``run`` with their masks. Raises ``UsageError`` where the folder does not say where these
    are, or what their values mean."""
    needed = [run.private / "links.parquet", run.private / LEGEND]
    missing = [path.name for path in needed if not path.is_file()]
    if missing:
        raise UsageError(
            f"adapting {run.path}: its private/{missing[0]} is not here, so that the source's masks cannot be read; "
            "use the run where it was made (or fit it again), or a method that needs no source: adabn, tent"
        )
    legend, links = Legend.restore(read_json(needed[1])), read_table(needed[0])
    table = read_table(run / "cohort.parquet")
    table = table[table["case_id"].isin(read_json(run / "split.json")["train"])]
    table = table.merge(links, on="case_id", validate="1:1")
    table = table[table["mask"].notna()].reset_index(drop=True)
    name = run.path.resolve().name
    return Cohort(table, legend.names, kind="cases of a run", name=name, target="masks", legend=legend)


def outlined_shares(run: RunFolder, names: dict[int, str]) -> dict[str, float] | None:
    """The share of pixels that the run outlines of each structure in its own validation and test cases, on average over
    cases; ``None`` where it has kept no label map of them."""
    split, shares = read_json(run / "split.json"), list[list[float]]()
    for case in [*split["val"], *split["test"]]:
        path = kept_of(run) / f"{case}.safetensors"
        if not path.is_file():
            continue
        try:
            labels = load(path.read_bytes())["labels"]
        except (SafetensorError, KeyError):
            continue
        shares.append([float(np.mean(labels == number)) for number in names])
    if not shares:
        return None
    return dict(zip(names.values(), np.mean(shares, axis=0).tolist(), strict=True))
