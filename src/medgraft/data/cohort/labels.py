"""Labels as the user means them: mapped, never merged in silence, and enough of each to learn from.

``settle_labels`` runs when a cohort is read; ``require_trainable`` where a model is to be fitted (a cohort
for prediction needs no label, one for an external test may hold one class).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.resolver import Draft
from medgraft.data.cohort.targets import targets_of
from medgraft.data.cohort.walk import natural_key
from medgraft.errors import CohortError
from medgraft.registry import nearest

__all__ = ["classes_of", "in_order", "require_trainable", "settle_labels"]


def settle_labels(drafts: Iterable[Draft], label_map: Mapping[str, str]) -> list[Draft]:
    """Map the labels; give the unlabelled the problem ``no label``.

    Raises ``CohortError`` for labels that differ in case or white space only, and for a ``label_map`` entry
    that fits no label.
    """
    drafts = list(drafts)
    given = {draft.label for draft in drafts if draft.label is not None}
    known = {_form(label).strip() for label in given}
    unused = [key for key in label_map if _form(key).strip() not in known]
    if unused:
        raise CohortError(
            f"reading labels: --label-map names {unused[0]!r}, which is no label "
            f"here{nearest(unused[0], known)}; "
            f"labels: {', '.join(sorted(known)[:20])}"
        )
    mapping = {_form(key).strip(): value for key, value in label_map.items()}
    mapping |= {_form(key): value for key, value in label_map.items()}
    settled = {label: _settled(label, mapping) for label in given}
    _refuse_variants({label for label in settled.values() if label})
    return [_with_label(draft, settled) for draft in drafts]


def _form(label: str) -> str:
    """One Unicode form: a letter with an accent is the same letter however it was typed."""
    return unicodedata.normalize("NFC", label)


def _settled(label: str, mapping: Mapping[str, str]) -> str:
    formed = _form(label)
    return mapping.get(formed, mapping.get(formed.strip(), formed))


def _with_label(draft: Draft, settled: Mapping[str, str]) -> Draft:
    label = settled[draft.label] if draft.label is not None else None
    if label and label.strip():
        return replace(draft, label=label)
    return replace(draft, label=None, problem=draft.problem or f"{draft.where}no label")


def _refuse_variants(labels: set[str]) -> None:
    """Two spellings of what is surely one label are the user's to settle."""
    by_core: dict[str, list[str]] = {}
    for label in sorted(labels):
        by_core.setdefault(" ".join(label.casefold().split()), []).append(label)
    for spellings in by_core.values():
        if len(spellings) > 1:
            target = spellings[-1].strip()
            entries = ",".join(f"{label}={target}" for label in spellings if label != target)
            raise CohortError(
                f"reading labels: {' and '.join(repr(label) for label in spellings)} differ in case or white "
                "space "
                f"only; correct the data, or say that they are one with --label-map '{entries}'"
            )


def classes_of(labels: Iterable[str]) -> tuple[str, ...]:
    """The class names in natural order (``grade 2`` before ``grade 10``)."""
    return tuple(sorted(set(labels), key=natural_key))


def in_order(classes: tuple[str, ...], order: tuple[str, ...]) -> tuple[str, ...]:
    """The classes as grades, from the lowest, where an order is given. Raises ``CohortError`` unless it names each of
    them once, three or more."""
    if not order or not classes:
        return classes
    unknown = [name for name in order if name not in classes]
    if unknown:
        raise CohortError(
            f"--order names {unknown[0]!r}, which is no class here{nearest(unknown[0], classes)}; "
            f"classes: {', '.join(classes)}"
        )
    if sorted(order) != sorted(classes):
        left = [name for name in classes if name not in order]
        what = f"leaves out {left[0]!r}" if left else "names a class twice"
        raise CohortError(
            f"--order {','.join(order)} {what}; name each class once, from the lowest grade to the highest"
        )
    if len(order) < 3:
        raise CohortError(
            f"--order {','.join(order)}: two classes have no order beyond which one is positive; leave it out, and say "
            f"--positive {order[1]!r}"
        )
    return order


def require_trainable(cohort: Cohort, positive: str | None = None) -> None:
    """Raise ``CohortError`` unless every case has a label, and there are two classes of two patients each (of several
    labels a case: yes and no, for each; of outlines: each class in two patients, of three at least)."""
    if cohort.target != "labels":
        _require_outlined(cohort)
        return
    hints = "".join(f" ({note})" for note in cohort.notes if note.startswith("the only class folder"))
    if not cohort.classes or bool(cohort.table["label"].isna().any()):
        raise CohortError(
            f"preparing to fit: {int(cohort.table['label'].isna().sum())} of {len(cohort)} cases have no "
            "label "
            f"({cohort.kind}); give class folders, or a table with a label column (--label-col)"
        )
    if cohort.multi_label:
        _require_both_answers(cohort)
        return
    if len(cohort.classes) < 2:
        raise CohortError(
            f"preparing to fit: one class only, {cohort.classes[0]!r} ({len(cohort)} cases); "
            f"at least two classes are needed{hints}"
        )
    if positive is not None and positive not in cohort.classes:
        raise CohortError(
            f"preparing to fit: --positive {positive!r} is no class{nearest(positive, cohort.classes)}; "
            f"classes: {', '.join(cohort.classes)}"
        )
    units = cohort.table["patient_id"].fillna(cohort.table["case_id"]).groupby(cohort.table["label"]).nunique()
    for name in cohort.classes:
        if int(units[name]) < 2:
            cases = int((cohort.table["label"] == name).sum())
            raise CohortError(
                f"preparing to fit: the class {name!r} has {cases} case{'s' if cases > 1 else ''} of one "
                "patient; at "
                "least two patients are needed, one to learn from and one to test on: add cases, or merge "
                "the class "
                f"into another with --label-map '{name}=…'"
            )


def _require_both_answers(cohort: Cohort) -> None:
    """Raise ``CohortError`` unless each label has yes and no, each from two patients."""
    units = cohort.table["patient_id"].fillna(cohort.table["case_id"])
    for name, column in zip(cohort.classes, targets_of(cohort.table).T, strict=True):
        cases = {answer: int((column == answer).sum()) for answer in (1, 0)}
        persons = {answer: int(units[column == answer].nunique()) for answer in (1, 0)}
        if min(persons.values()) >= 2:
            continue
        counts = f"{cases[1]} positive, {cases[0]} negative, {int(np.isnan(column).sum())} unknown cases"
        few = "positive" if persons[1] < 2 else "negative"
        what = f"no {few} case" if not min(cases.values()) else f"{few} cases of one patient only"
        raise CohortError(
            f"preparing to fit: the label {name!r} has {what} ({counts}); at least two patients of each are needed, "
            "one to learn from and one to test on: add cases, or leave the label out of --label-col"
        )


def _require_outlined(cohort: Cohort) -> None:
    """Raise ``CohortError`` unless there are enough patients to learn, validate and test, and two with each class."""
    units = cohort.table["patient_id"].fillna(cohort.table["case_id"])
    if units.nunique() < 3:
        raise CohortError(
            f"preparing to fit: {units.nunique()} patients or cases with {cohort.target}; at least three are needed, "
            "to learn from, to validate and to test on"
        )
    for name in cohort.classes:
        inside = cohort.outlines(name)
        if units[inside].nunique() < 2:
            raise CohortError(
                f"preparing to fit: {name!r} is outlined in {int(inside.sum())} cases of fewer than two patients; at "
                "least two are needed, one to learn from and one to test on: add cases, or merge it into another class "
                "(--mask-values, --label-map)"
            )
