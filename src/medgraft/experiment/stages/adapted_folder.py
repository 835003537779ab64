"""Stage of ``adapt``: what every adapted run holds, whatever it answers with: settings, cohort, links and parts.

Source and target are one cohort. Train and val are the source's, with the target cases that were learnt from; test are
the target's other cases that can judge; the source's own test cases are in no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.cohort import OUTLINE_COLUMNS, PUBLIC_COLUMNS
from medgraft.experiment.run import RunFolder, versions
from medgraft.experiment.tables import read_table, write_table
from medgraft.files import read_json, write_json

__all__ = ["PICTURES", "BothSites", "begin_adapted"]

PICTURES = ["case_id", "jpeg"]
"""Columns of ``private/thumbnails.parquet``."""
_LINKS = ["case_id", "path", "member", "patient", "sha256"]
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class BothSites:
    """``source``: the run that was adapted; ``target``: the table of the other cohort, of which the rows ``learnt`` are
    learnt from with their labels, and the rows ``judged`` judge; ``pictures``: thumbnails of its cases."""

    source: RunFolder
    target: pd.DataFrame
    learnt: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    judged: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    pictures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame([], columns=PICTURES))


def begin_adapted(out: RunFolder, sites: BothSites, *, method: str, seed: int) -> None:
    """Make the folder anew, in place of a run that may lie there, and write all but the bundle and the answers."""
    out.clear()
    out.private.mkdir(parents=True, exist_ok=True)
    out.private.chmod(0o700)
    config = {**read_json(sites.source / "config.json"), "versions": versions(), "seed": seed}
    config["adapted"] = {"from": sites.source.path.resolve().name, "method": method}
    write_json(out / "config.json", _body(config))
    _write_cohort(out, sites)
    _write_split(out, sites, seed)


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "format_version"}


def _write_cohort(out: RunFolder, sites: BothSites) -> None:
    """Source and target together; a picture that both have is the source's."""
    before, table = read_table(sites.source / "cohort.parquet"), sites.target
    fresh = table[~table["case_id"].isin(before["case_id"])]
    ours = [name for name in before.columns if name in fresh.columns or name in PUBLIC_COLUMNS]
    write_table(out / "cohort.parquet", pd.concat([before, fresh.reindex(columns=ours)], ignore_index=True))
    links = read_table(sites.source.private / "links.parquet")
    more = [name for name in OUTLINE_COLUMNS if name in fresh.columns and name in links.columns]
    both = pd.concat([links, fresh[[*_LINKS, *more]]], ignore_index=True)
    write_table(out.private / "links.parquet", both, private=True)
    frames = [sites.pictures]
    old = sites.source.private / "thumbnails.parquet"
    if old.is_file():
        frames.insert(0, read_table(old))
    shown = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    write_table(out.private / "thumbnails.parquet", shown.drop_duplicates("case_id"), private=True)


def _write_split(out: RunFolder, sites: BothSites, seed: int) -> None:
    before, cases = read_json(sites.source / "split.json"), sites.target["case_id"].astype(str).to_numpy()
    parts = {
        "train": [*before["train"], *cases[sites.learnt].tolist()],
        "val": list(before["val"]),
        "test": cases[sites.judged].tolist(),
    }
    count = sum(map(len, parts.values())) or 1
    out_of = [{"case": case, "from": "test", "reason": "of the source, not of the target"} for case in before["test"]]
    write_json(
        out / "split.json",
        {
            **_body(before),
            **parts,
            "seed": seed,
            "given": False,
            "fractions": {name: len(rows) / count for name, rows in parts.items()},
            "dropped": [*before["dropped"], *out_of],
        },
    )
