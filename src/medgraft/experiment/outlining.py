"""Segmentation from end to end: what ``fit`` does after the split, and the answers for new cases.

The label map of a new case is written on its own grid; a file is there whole or not at all, and one that is there
already is not made again, so that the same command goes on where it was broken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume import Volume
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.data.outlines.legend import Legend
from medgraft.data.outlines.mask_file import read_mask
from medgraft.errors import DataError, ReaderError, UsageError
from medgraft.experiment.build import choose_device
from medgraft.experiment.stages.given_files import read_given
from medgraft.experiment.stages.outline_scores import score_outlines
from medgraft.experiment.stages.outlines import StudyReader, learn_outlines, outline_parts
from medgraft.experiment.stages.overlays import overlays_stage
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_csv
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.transfer.segmentation.bundle import read_outline_bundle, write_outline_bundle
from medgraft.transfer.segmentation.prepared import Study
from medgraft.use.clinical.mask_out import write_mask
from medgraft.use.clinical.measurements import measure_structures
from medgraft.use.prediction.segmented import Segmented

__all__ = ["OutlineAnswer", "Segmenter", "learn_and_judge_outlines", "outline_files", "segmenter_of"]

_ENDINGS = (".nii.gz", ".nii", ".png")
"""Of masks that were written."""


def learn_and_judge_outlines(work: Workspace) -> None:
    """From the split to the numbers, for a cohort with masks."""
    studies = StudyReader(work.cohort, work.reader)
    with work.timed("train"):
        bundle = learn_outlines(work, studies)
    with work.timed("evaluate"):
        outlined = outline_parts(work, studies, bundle, ("val", "test"))
        error = score_outlines(work, studies, outlined, bundle)
        write_outline_bundle(work.run.bundle, replace(bundle, measurement_error=error))
        overlays_stage(work.run, studies, outlined)


class Segmenter:
    """Called with a file (picture, volume, folder with a series) it gives its outlines. Raises ``ReaderError``."""

    def __init__(self, run: Path, device: str) -> None:
        bundle = read_outline_bundle(run)
        self.names, self._reader, self._outliner = bundle.task.names, ImageReader(), bundle.outliner(device)

    def __call__(self, path: Path, member: str = "") -> Segmented:
        content = self.content(path, member)
        return self.told(content, self._outliner(Study(content)))

    def again(self, path: Path, mask: Path, member: str = "") -> Segmented:
        """The outlines of a case out of a mask that was written of them before."""
        content = self.content(path, member)
        ids = {number: number for number in (0, *self.names)}
        return self.told(content, read_mask((mask,), Legend(tuple(self.names.values()), ids), content))

    def content(self, path: Path, member: str = "") -> Image | Volume:
        """The picture or volume alone; without ``member`` the file holds one."""
        members = [member] if member else self._reader.members(path)
        if len(members) > 1:
            raise ReaderError(f"it holds {len(members)} pictures; one picture or volume a file is needed to outline")
        if members == [WHOLE]:
            return self._reader.volume(path)
        return self._reader.read(path, members[0] if members else "")

    def told(self, content: Image | Volume, labels: NDArray[np.uint8]) -> Segmented:
        """Label map and geometry together."""
        affine = content.affine if isinstance(content, Volume) else None
        return Segmented(labels, content.spacing, affine, self.names)


def segmenter_of(run: Path, device: str = "cpu") -> Segmenter:
    """The segmentation of a run. Raises ``ArtifactError`` for a run that does not outline."""
    return Segmenter(run, device)


@dataclass(frozen=True)
class OutlineAnswer:
    """``table``: file, case_id, label, parts, size and its unit, diameter in mm, mask (its file), reason."""

    table: pd.DataFrame
    warnings: list[str]


def outline_files(
    run: Path,
    files: Sequence[Path],
    *,
    out: Path | None,
    paths: bool = True,
    options: CohortOptions | None = None,
    device: str = "auto",
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> OutlineAnswer:
    """A label map for every case of ``files`` (see ``read_given``) in the folder ``out``, by the name of its file (and
    of its place there, where a file holds several), and the table ``outlines.csv``."""
    progress, home, reader = progress or Progress(), home or Home.find(), ImageReader()
    if out is None:
        raise UsageError("predicting with a segmentation: its answers are masks; name a folder for them with --out")
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out}: it is a file; a folder for the masks is needed")
    segment = segmenter_of(run, choose_device(device))
    given = read_given(files, options or CohortOptions(), home, reader, progress)
    rows: list[dict[str, Any]] = []
    kept, taken = 0, set[str]()
    for entry in progress.track(given.table.to_dict("records"), total=len(given.table), label="outlining"):
        source, member = Path(str(entry["path"])), str(entry["member"])
        place = {"file": str(source), "case_id": entry["case_id"]}
        try:
            target = out / _free(_stem(source, member), taken)
            found, target, old = _outlined(segment, (source, member), target, anew=overwrite)
        except (ReaderError, DataError) as error:
            rows.append({**place, "reason": str(error)})
            continue
        kept += old
        for told in measure_structures(found.labels, found.names, found.spacing, affine=found.affine):
            rows.append({**place, **told, "mask": target.name, "reason": ""})
    rows += [{"file": item.path, "case_id": item.case_id, "reason": item.reason} for item in given.lost]
    if kept:
        progress.notice(f"{kept} masks were there already and are kept; --overwrite makes them anew")
    answer = pd.DataFrame(rows).drop(columns=[] if paths else ["file"])
    write_csv(out / "outlines.csv", answer)
    return OutlineAnswer(answer, list(progress.notices))


def _outlined(segment: Segmenter, case: tuple[Path, str], target: Path, *, anew: bool) -> tuple[Segmented, Path, bool]:
    """The outlines of a case (file and member), their file (``target`` without its ending), and whether that was there
    already."""
    there = [] if anew else [path for path in (target.with_name(target.name + e) for e in _ENDINGS) if path.is_file()]
    if there:
        return segment.again(case[0], there[0], case[1]), there[0], True
    found = segment(*case)
    return found, write_mask(target, found.labels, case[0], found.affine, found.names), False


def _stem(path: Path, member: str) -> str:
    """What a mask is called, of the case ``member`` of a file."""
    name = path.name[:-7] if path.name.lower().endswith(".nii.gz") else path.stem
    return name if member in ("", WHOLE) else f"{name}-{member.replace('/', '-')}"


def _free(name: str, taken: set[str]) -> str:
    """A name that no case before had."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found
