"""One patient over time: sizes of every structure and lesion, their change with its error, a category of response.

Everything is plain data, with days since the first study and no date, path or name. A measurement, not advice: the
content says so itself (``STATEMENT``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgraft.errors import DataError, UsageError
from medgraft.use.clinical.lesion_matching import Tracked, match_lesions
from medgraft.use.clinical.measurement_error import repeatability_percent
from medgraft.use.clinical.measurements import measure_structures
from medgraft.use.clinical.response import ResponseRule
from medgraft.use.prediction.segmented import Segmented

__all__ = ["GATE_MM", "STATEMENT", "Study", "follow_up", "follow_up_rows"]

STATEMENT = "This is a measurement, not advice. Research use only, not a medical device."
GATE_MM = 20.0
"""A lesion that shares no voxel with where it was is looked for within this distance of it."""

_SIZES = ("volume_ml", "area_mm2")


@dataclass(frozen=True)
class Study:
    """One point in time: ``day`` since the first study, and its outlines."""

    day: int
    segmented: Segmented


def follow_up(
    studies: Sequence[Study],
    rule: ResponseRule,
    *,
    relative_sd: Mapping[str, float] | None = None,
    gate_mm: float = GATE_MM,
) -> dict[str, Any]:
    """What ``follow-up.json`` holds. ``relative_sd``: error of one measurement of the size of a structure, as a share.

    Raises ``UsageError`` for fewer than two studies or days that do not begin at 0 and go on in order, ``DataError``
    where studies have different structures or numbers of axes.
    """
    _require_order(studies)
    names = studies[0].segmented.names
    errors = {label: (relative_sd or {}).get(label) for label in names.values()}
    structures = [_structure(studies, number, label, gate_mm) for number, label in names.items()]
    _choose_targets(structures, rule)
    for one in structures:
        _judge(one, rule, errors[one["label"]])
    return {
        "statement": STATEMENT,
        "rule": rule.to_json(),
        "days": [study.day for study in studies],
        "gate_mm": gate_mm,
        "measurement_error": {
            label: {"relative_sd": share, "repeatability_percent": repeatability_percent(share)}
            for label, share in errors.items()
        },
        "structures": structures,
        "overall": _overall(structures, rule, [study.day for study in studies]),
        "notes": [*_notes(studies, structures, errors), *_without_target(structures, rule)],
    }


def _require_order(studies: Sequence[Study]) -> None:
    days = [study.day for study in studies]
    if len(studies) < 2:
        raise UsageError(f"following up: got {len(studies)} study; two at least are needed")
    if days[0] != 0 or days != sorted(days):
        raise UsageError(f"following up: got the days {days}; days since the first study, from 0 on, are needed")
    first = studies[0].segmented
    for number, study in enumerate(studies[1:], start=2):
        if dict(study.segmented.names) != dict(first.names):
            raise DataError(f"following up: study {number} has other structures than the first; use one model for all")
        if study.segmented.labels.ndim != first.labels.ndim:
            raise DataError(f"following up: study {number} is {study.segmented.labels.ndim}-D, and the first is not")


def _structure(studies: Sequence[Study], number: int, label: str, gate_mm: float) -> dict[str, Any]:
    """Sizes of the whole structure in each study, and of each of its lesions."""
    wholes = []
    for study in studies:
        own = study.segmented
        (row,) = measure_structures(own.labels, {number: label}, own.spacing, own.affine)
        kept = ("parts", "voxels", *_SIZES, "diameter_mm", "diameter_3d_mm")
        wholes.append({"day": study.day, **{key: row[key] for key in kept}})
    masks = [study.segmented.labels == number for study in studies]
    known = all(study.segmented.spacing is not None for study in studies)
    places = [_to_mm(study.segmented) for study in studies]
    tracked = match_lesions(masks, places, gate_mm=gate_mm if known else 0.0)
    lesions = [
        {
            "lesion": lesion,
            "target": False,
            "seen": [
                {"day": study.day, **_lesion_size(tracked.numbered[place], lesion, study.segmented)}
                for place, study in enumerate(studies)
            ],
        }
        for lesion in range(1, tracked.count + 1)
    ]
    return {"label": label, "measurements": wholes, "lesions": lesions, "merged": _merged(tracked, studies)}


def _to_mm(own: Segmented) -> NDArray[np.float64]:
    """Index → mm in the patient; from the first voxel where that is not known; voxels without spacing."""
    if own.affine is not None and own.labels.ndim == 3:
        return own.affine
    return np.diag([*(own.spacing or (1.0,) * own.labels.ndim), 1.0])


def _merged(tracked: Tracked, studies: Sequence[Study]) -> list[dict[str, int]]:
    return [{"day": studies[at].day, "lesion": gone, "into": into} for at, gone, into in tracked.merged]


def _lesion_size(numbered: NDArray[np.int32], lesion: int, own: Segmented) -> dict[str, Any]:
    """Volume or area, and the longest diameter; the parts of one that broke up are added up (RECIST 1.1)."""
    boxes = ndimage.find_objects(numbered, max_label=lesion)
    box = boxes[lesion - 1] if len(boxes) >= lesion else None
    mask = np.zeros((1,) * numbered.ndim, np.uint8) if box is None else (numbered[box] == lesion).astype(np.uint8)
    rows = measure_structures(mask, {1: ""}, own.spacing, own.affine, parts=True)
    unknown = {"volume_ml": mask.ndim == 2, "area_mm2": mask.ndim == 3, "diameter_mm": False}
    sums = {
        key: None if own.spacing is None or never else float(sum(row[key] for row in rows))
        for key, never in unknown.items()
    }
    return {"parts": len(rows), "voxels": sum(row["voxels"] for row in rows), **sums}


def _choose_targets(structures: Sequence[dict[str, Any]], rule: ResponseRule) -> None:
    """Marks them: large enough at first, the largest first, so many a structure and in all."""
    found = [
        (lesion["seen"][0]["diameter_mm"] or 0.0, place, lesion)
        for place, structure in enumerate(structures)
        for lesion in structure["lesions"]
    ]
    found.sort(key=lambda one: (-one[0], one[1], one[2]["lesion"]))
    taken: list[int] = []
    for diameter, place, lesion in found:
        if diameter < rule.target_least_mm or len(taken) >= rule.most_targets:
            return
        if taken.count(place) < rule.most_targets_a_structure:
            lesion["target"] = True
            taken.append(place)


def _target_sums(lesions: Sequence[Mapping[str, Any]], rule: ResponseRule, studies: int) -> list[float | None]:
    """The sum over the targets in each study; ``None`` where there is no target or a size is not known."""
    targets = [lesion["seen"] for lesion in lesions if lesion["target"]]
    sums: list[float | None] = []
    for place in range(studies):
        values = [seen[place][rule.quantity] for seen in targets]
        sums.append(None if not values or None in values else float(sum(values)))
    return sums


def _new_lesions(lesions: Sequence[Mapping[str, Any]], rule: ResponseRule, studies: int) -> list[bool]:
    """Whether a study shows a measurable lesion that the first one does not have."""
    later = [lesion["seen"] for lesion in lesions if not lesion["seen"][0]["voxels"]]
    return [
        any((seen[place]["diameter_mm"] or 0.0) >= rule.target_least_mm for seen in later) for place in range(studies)
    ]


def _judge(structure: dict[str, Any], rule: ResponseRule, relative_sd: float | None) -> None:
    """Adds changes, their error and the category to every measurement of a structure."""
    rows, studies = structure["measurements"], len(structure["measurements"])
    sums = _target_sums(structure["lesions"], rule, studies)
    new = _new_lesions(structure["lesions"], rule, studies)
    error = repeatability_percent(relative_sd)
    for place, (row, category) in enumerate(zip(rows, rule.categories(sums, new), strict=True)):
        size = next((key for key in _SIZES if row[key] is not None), "voxels")
        change = _percent(row[size], rows[0][size])
        row["size_change_percent"] = change
        row["size_error_percent"] = error
        row["beyond_error"] = None if change is None or error is None or place == 0 else abs(change) > error
        row["diameter_change_percent"] = _percent(row["diameter_mm"], rows[0]["diameter_mm"])
        row |= {"target_sum": sums[place], "target_change_percent": _percent(sums[place], sums[0])}
        row |= {"new_lesion": new[place], "response": str(category)}


def _overall(structures: Sequence[dict[str, Any]], rule: ResponseRule, days: Sequence[int]) -> list[dict[str, Any]]:
    """Over the targets of all structures."""
    lesions = [lesion for structure in structures for lesion in structure["lesions"]]
    sums, new = _target_sums(lesions, rule, len(days)), _new_lesions(lesions, rule, len(days))
    nadirs = [min((one for one in sums[: place or 1] if one is not None), default=None) for place in range(len(days))]
    return [
        {
            "day": day,
            "target_sum": sums[place],
            "change_percent": _percent(sums[place], sums[0]),
            "change_from_smallest_percent": _percent(sums[place], nadirs[place]),
            "new_lesion": new[place],
            "response": str(category),
        }
        for place, (day, category) in enumerate(zip(days, rule.categories(sums, new), strict=True))
    ]


def _percent(value: float | None, before: float | None) -> float | None:
    return None if value is None or not before else 100 * (value / before - 1)


def _notes(
    studies: Sequence[Study], structures: Sequence[dict[str, Any]], errors: Mapping[str, float | None]
) -> list[str]:
    """What a reader has to know of these numbers."""
    notes = []
    if any(study.segmented.spacing is None for study in studies):
        notes.append("The spacing of a study is unknown: nothing is told in mm or mL, and no category is given.")
    unknown = [label for label, share in errors.items() if share is None]
    if unknown:
        notes.append(f"Measurement error unknown for {', '.join(unknown)}: whether a change is real cannot be told.")
    if any(study.segmented.affine is None for study in studies) and studies[0].segmented.labels.ndim == 3:
        notes.append(
            "The place of a study in the patient is unknown: lesions are matched by their place in the picture."
        )
    for structure in structures:
        notes += [
            f"{structure['label']}: on day {one['day']} lesion {one['lesion']} has grown together with lesion "
            f"{one['into']} and is measured with it."
            for one in structure["merged"]
        ]
    return notes


def _without_target(structures: Sequence[dict[str, Any]], rule: ResponseRule) -> list[str]:
    """Why there is no category, where all that is known of the first study is too small for one."""
    first = [lesion["seen"][0]["diameter_mm"] for one in structures for lesion in one["lesions"]]
    sizes = [size for size in first if size is not None]
    if any(lesion["target"] for one in structures for lesion in one["lesions"]) or not sizes:
        return []
    least, largest = f"{rule.target_least_mm:g} mm or more", f"{max(sizes):.1f} mm"
    told = (
        f"No lesion of the first study is {least} (the largest: {largest}), so there is no target and no category (NE)"
    )
    return [f"{told}; sizes are compared all the same."]


def follow_up_rows(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``follow-up.csv``: a row a study and structure (``lesion`` empty), and a row a study and lesion."""
    rows = []
    for structure in content["structures"]:
        for row in structure["measurements"]:
            rows.append({"structure": structure["label"], "lesion": "", "target": "", **row})
        for lesion in structure["lesions"]:
            place = {"structure": structure["label"], "lesion": lesion["lesion"], "target": lesion["target"]}
            rows += [{**place, **seen} for seen in lesion["seen"]]
    return rows
