"""DATA → ``Cohort``: find the cases, settle labels and repeats, hash the files, give ids, sort.

Only bytes are hashed; no picture is decoded here, masks are (see ``outlining``). What cannot be used is quarantined
with its reason, and the rest goes on. The order (natural, by path below DATA, then member) is final: random draws
use it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from medgraft.data.cohort.cohort import JOINT, Cohort, Quarantined
from medgraft.data.cohort.identity import case_ids, patient_ids, patients_from_names
from medgraft.data.cohort.labels import classes_of, in_order, settle_labels
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.outlining import Outlines, outline_boxes, outline_masks
from medgraft.data.cohort.repeats import settle_repeats
from medgraft.data.cohort.resolve import resolve
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.series import gather_series
from medgraft.data.cohort.targets import PREFIX, refuse_class_options
from medgraft.data.cohort.walk import natural_key
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.errors import CohortError, ReaderError
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.types import Modality

__all__ = ["FileReader", "read_cohort", "read_pictures"]

_ONE_PICTURE = {".png", ".jpg", ".jpeg", ".bmp"}
_THREADS = 8


class FileReader(Protocol):
    """What reading a cohort needs of an image reader."""

    def sha256(self, path: Path) -> str:
        """Hex digest of the file's bytes. Raises ``ReaderError``."""

    def members(self, path: Path) -> list[str]:
        """The pictures in a file: ``[""]`` for one, ``["*"]`` for a volume. Raises ``ReaderError``."""

    def is_stack(self, files: Sequence[Path]) -> bool:
        """Whether files are DICOM slices of one volume."""


def read_cohort(
    data: Path, options: CohortOptions, *, home: Home, reader: FileReader, progress: Progress | None = None
) -> Cohort:
    """The cases of DATA (see ``resolve``). Raises ``CohortError`` where they make no cohort.

    Labels may be missing altogether (``classes`` is empty then); ``labels.require_trainable`` asks for more.
    """
    cohort = _settled(resolve(data, options), _name(data), options, home, reader, progress or Progress())
    if not len(cohort):
        bad = cohort.quarantined
        reason = f" (the first: {bad[0].reason})" if bad else ""
        raise CohortError(f"reading {data}: none of its {len(bad)} cases can be used{reason}; {cohort.kind}")
    return cohort


def read_pictures(files: Sequence[Path], *, home: Home, reader: FileReader, progress: Progress | None = None) -> Cohort:
    """Unlabelled cases of single picture files; one that cannot be read is quarantined, also if it is the only one."""
    found = Found(tuple(Draft(file.resolve()) for file in files), f"{len(files)} pictures", Path("/"), labelled=False)
    return _settled(found, "pictures", CohortOptions(), home, reader, progress or Progress())


def _settled(
    found: Found, name: str, options: CohortOptions, home: Home, reader: FileReader, progress: Progress
) -> Cohort:
    """Labels and repeats settled, files hashed, ids given, sorted."""
    notes = list(found.notes)
    if found.names:
        refuse_class_options(options)
    drafts = settle_labels(found.drafts, options.label_map) if found.labelled else list(found.drafts)
    drafts, series = gather_series(drafts, reader.is_stack)
    if series:
        notes.append(f"{series} folders hold one DICOM series each; each series is one case")
    drafts, repeats = settle_repeats([_readable_name(draft) for draft in drafts])
    if repeats:
        notes.append(f"{repeats} rows repeat an earlier one and were dropped")
    if options.patient_regex is not None:
        drafts, unmatched = patients_from_names(drafts, options.patient_regex, found.base)
        if unmatched:
            notes.append(f"--patient-regex found no patient in {unmatched} of {len(drafts)} cases")
    digests, members = _look_at_files(drafts, reader, progress)
    several = sum(len(names) > 1 for names in members.values())
    if several:
        notes.append(f"{several} files hold more than one picture; each picture is a case of its own")
    volumes = sum(names == [WHOLE] for names in members.values())
    if volumes:
        notes.append(f"{volumes} cases are volumes; their slices are looked at one by one")
    good, bad = _separate(drafts, digests, members)
    good.sort(key=lambda draft: _place_in_order(draft, found.base))
    outlines = _outlines(good, found, options, reader, progress)
    if outlines is not None:
        good, bad = list(outlines.good), [*bad, *outlines.bad]
        notes += outlines.notes
    table = _frame(good, digests, home, options.modality or Modality.UNKNOWN)
    for column, name_of in enumerate(found.names):
        table[PREFIX + name_of] = np.array([draft.answers[column] for draft in good], dtype=np.float64)
    cohort = Cohort(
        table=table,
        classes=in_order(
            found.names or classes_of(label for draft in good if (label := draft.label) is not None), options.order
        )
        if outlines is None
        else outlines.classes,
        kind=found.kind,
        name=name,
        quarantined=tuple(_quarantined(draft, home) for draft in bad),
        notes=tuple(dict.fromkeys(notes)),
        dropped_rows={"repeated row": repeats} if repeats else {},
        target=found.target,
    )
    return cohort if outlines is None else _with_outlines(cohort, outlines)


def _outlines(
    good: list[Draft], found: Found, options: CohortOptions, reader: FileReader, progress: Progress
) -> Outlines | None:
    """What is outlined in the cases, where they are answered so."""
    if found.target == "masks":
        return outline_masks(good, found, options, digest=reader.sha256, progress=progress)
    return outline_boxes(good, options) if found.target == "boxes" else None


def _with_outlines(cohort: Cohort, outlines: Outlines) -> Cohort:
    """The cohort with the columns and parts of its masks or boxes."""
    columns = {"outlined": [JOINT.join(names) for names in outlines.outlined]}
    if outlines.legend is not None:
        columns["mask"] = [json.dumps([str(mask) for mask in draft.masks]) for draft in outlines.good]
        columns["mask_sha256"] = list(outlines.digests)
    text = pd.StringDtype(na_value=float("nan"))
    table = cohort.table.assign(**{name: pd.Series(values, dtype=text) for name, values in columns.items()})
    by_case = dict(zip(table["case_id"], outlines.boxes, strict=True)) if cohort.target == "boxes" else None
    return replace(cohort, table=table, legend=outlines.legend, boxes=by_case)


def _name(data: Path) -> str:
    """A short name to show: of the folder, or of the file without its suffix."""
    place = data.expanduser().absolute()
    return (place.stem if place.is_file() else place.resolve().name) or "cohort"


def _readable_name(draft: Draft) -> Draft:
    """A name that is no text could be neither written down nor shown."""
    try:
        str(draft.path).encode("utf-8")
    except UnicodeEncodeError:
        return replace(draft, problem="the file's name is not valid UTF-8; rename the file", label=None)
    return draft


def _look_at_files(
    drafts: list[Draft], reader: FileReader, progress: Progress
) -> tuple[dict[Path, str | ReaderError], dict[Path, list[str]]]:
    """Digest (or why there is none) and pictures of every file that is still in use, in threads."""
    files = list(dict.fromkeys(draft.path for draft in drafts if draft.problem is None))
    archives = {draft.path for draft in drafts if draft.member}

    def look(path: Path) -> tuple[str | ReaderError, list[str]]:
        try:
            digest = reader.sha256(path)
        except ReaderError as error:
            return error, [""]
        except OSError as error:
            return ReaderError(f"the file cannot be read: {error.strerror or type(error).__name__}"), [""]
        if path in archives or path.suffix.lower() in _ONE_PICTURE:
            return digest, [""]
        try:
            return digest, reader.members(path) or [""]
        except (ReaderError, OSError):
            return digest, [""]  # one case: reading its pixels will say what is wrong with it

    with ThreadPoolExecutor(min(_THREADS, (os.cpu_count() or 1) + 2)) as pool:
        looks = list(progress.track(pool.map(look, files), total=len(files), label="hashing files"))
    return (
        {path: digest for path, (digest, _) in zip(files, looks, strict=True)},
        {path: names for path, (_, names) in zip(files, looks, strict=True)},
    )


def _separate(
    drafts: list[Draft], digests: Mapping[Path, str | ReaderError], members: Mapping[Path, list[str]]
) -> tuple[list[Draft], list[Draft]]:
    """Cases that can be used, one a picture, and those that cannot."""
    good: list[Draft] = []
    bad: list[Draft] = []
    for draft in drafts:
        digest = digests.get(draft.path)
        if draft.problem is not None:
            bad.append(draft)
        elif isinstance(digest, ReaderError):
            bad.append(replace(draft, problem=draft.where + str(digest).replace(str(draft.path), "the file")))
        elif draft.member:
            good.append(draft)
        else:
            good += [replace(draft, member=name) for name in members[draft.path]]
    return good, bad


def _place_in_order(draft: Draft, base: Path) -> tuple[object, object]:
    inside = draft.path.relative_to(base) if draft.path.is_relative_to(base) else draft.path
    return natural_key(inside.as_posix()), natural_key(draft.member)


def _frame(
    good: list[Draft], digests: Mapping[Path, str | ReaderError], home: Home, modality: Modality
) -> pd.DataFrame:
    """The cohort's table; every column is text, unknown is NaN."""
    hashes = [str(digests[draft.path]) for draft in good]
    columns: dict[str, list[str | None]] = {
        "case_id": list(case_ids(home, [(digest, draft.member) for digest, draft in zip(hashes, good, strict=True)])),
        "patient_id": patient_ids(home, [draft.patient for draft in good]),
        "site": [draft.site for draft in good],
        "modality": [str(modality)] * len(good),
        "label": [draft.label for draft in good],
        "split": [draft.split for draft in good],
        "path": [str(draft.path) for draft in good],
        "member": [draft.member for draft in good],
        "patient": [draft.patient for draft in good],
        "sha256": list(hashes),
    }
    text = pd.StringDtype(na_value=float("nan"))
    return pd.DataFrame({name: pd.Series(values, dtype=text) for name, values in columns.items()})


def _quarantined(draft: Draft, home: Home) -> Quarantined:
    """A case that was not hashed goes by its path's keyed hash."""
    path = str(draft.path).encode("utf-8", "backslashreplace").decode("utf-8")
    case = home.keyed_hash("case", f"{path}#{draft.row}#{draft.member}")
    return Quarantined(case, path, draft.problem or "")
