"""DATA as a MedMNIST archive: one ``.npz`` with ``train_images``, ``train_labels``, ``val_…``, ``test_…``.

Only labels and the header of the images are read. A member is called ``train_images/115``; labels become text
("0", "1"); the split is the archive's own. Nothing is unpickled.
Labels of the shape (n, k) are k labels a case, 1 or 0, and -1 or NaN where unknown; they are called "0" … "k-1", or as
``--label-col`` says.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.targets import Answers, read_answers, told
from medgraft.data.cohort.walk import walk
from medgraft.errors import CohortError
from medgraft.types import SPLITS

__all__ = ["resolve_npz"]

_MOST_LABELS = 50_000_000


def resolve_npz(data: Path, options: CohortOptions) -> Found | str:
    """An ``.npz`` file, or a folder that holds one and no pictures."""
    archive = _archive(data)
    if archive is None or options.table is not None:
        return "a MedMNIST .npz"
    drafts: list[Draft] = []
    labelled = False
    try:
        with zipfile.ZipFile(archive) as members:
            names = _names(archive, members, options)
            for split in SPLITS:
                found = _part(archive, members, split, names)
                labelled = labelled or any(draft.label is not None for draft in found)
                drafts += found
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise CohortError(f"reading {archive}: it is damaged ({error}); copy or download it again") from error
    if not drafts:
        raise CohortError(
            f"reading {archive}: it has no train_images, val_images or test_images; an archive in MedMNIST's "
            "layout is needed"
        )
    counts = ", ".join(f"{split} {sum(draft.split == split for draft in drafts)}" for split in SPLITS)
    return Found(tuple(drafts), f"MedMNIST archive {archive.name} ({counts})", archive.parent, labelled, names=names)


def _archive(data: Path) -> Path | None:
    if data.is_file():
        return data if data.suffix.lower() == ".npz" else None
    inside = [item for item in data.iterdir() if item.suffix.lower() == ".npz" and item.is_file()]
    return inside[0] if len(inside) == 1 and not walk(data).files else None


def _names(archive: Path, members: zipfile.ZipFile, options: CohortOptions) -> tuple[str, ...]:
    """The names of the labels, where a case has several."""
    arrays = [f"{split}_labels.npy" for split in SPLITS if f"{split}_labels.npy" in members.namelist()]
    columns = {shape[1] if len(shape) == 2 else 1 for shape in (_shape(members, name) for name in arrays)}
    if columns <= {1}:
        return ()
    if len(columns) > 1:
        raise CohortError(
            f"reading {archive}: its parts have {sorted(columns)} labels a case; the same number is needed"
        )
    (count,) = columns
    given = options.label_col
    named = (
        tuple(name.strip() for name in given.split(","))
        if isinstance(given, str)
        else given or tuple(map(str, range(count)))
    )
    if len(set(named)) != count:
        raise CohortError(
            f"reading {archive}: it has {count} labels a case, --label-col names {len(set(named))}; give {count} "
            "names, or leave it out"
        )
    return named


def _part(archive: Path, members: zipfile.ZipFile, split: str, several: tuple[str, ...]) -> list[Draft]:
    """The cases of one part of the split; none if the archive has no such part."""
    names = set(members.namelist())
    if f"{split}_images.npy" not in names:
        return []
    count = _shape(members, f"{split}_images.npy")[0]
    labels: list[str | None] = [None] * count
    answers: list[Answers] = [()] * count
    if f"{split}_labels.npy" in names:
        shape = _shape(members, f"{split}_labels.npy")
        if shape not in ((count,), (count, max(1, len(several)))):
            raise CohortError(
                f"reading {archive}: {split}_labels has the shape {shape} for {count} images; one row each is needed"
            )
        with members.open(f"{split}_labels.npy") as file:
            values = _read(file).reshape(count, -1)
        if several:
            columns = [[_text(value) for value in column] for column in values.T]
            answers = read_answers(columns, several, range(1, count + 1), archive)
            labels = [told(one, several) for one in answers]
        else:
            labels = [_text(value) for value in values[:, 0]]
    return [
        Draft(archive, member=f"{split}_images/{index}", label=label, split=split, answers=said)
        for index, (label, said) in enumerate(zip(labels, answers, strict=True))
    ]


def _shape(members: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """The shape that an array's header declares, without its content."""
    with members.open(name) as file:
        version = npy.read_magic(file)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape: tuple[int, ...] = header(file)[0]
    if not shape or shape[0] > _MOST_LABELS:
        raise ValueError(f"{name} declares the shape {shape}")
    return shape


def _read(file: Any) -> NDArray[Any]:
    return np.asarray(npy.read_array(file, allow_pickle=False))


def _text(value: Any) -> str | None:
    """A label as text; ``None`` for NaN."""
    if isinstance(value, np.floating | float):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)
