"""What the audit and the split found, each as a sentence that says what was done about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import clip, count, counted, humane, listing, percent, split_name

__all__ = ["Finding", "findings", "split_sentences"]

_MOST_ROWS = 100


@dataclass(frozen=True)
class Finding:
    """``text`` is the sentence; ``level`` is ``ok``, ``note`` or ``warning``; ``rows`` are (case, detail)."""

    text: str
    level: str = "note"
    rows: list[tuple[str, str]] = field(default_factory=list)
    more: int = 0


def _listed(text: str, level: str, rows: list[tuple[str, str]]) -> Finding:
    """A finding whose list is cut at a readable length, and says how much was cut."""
    return Finding(text, level, rows[:_MOST_ROWS], max(0, len(rows) - _MOST_ROWS))


def split_sentences(run: Artefacts) -> list[str]:
    """How the split came to be."""
    split = run.split
    fractions = split.get("fractions") or {}
    sizes = [f"{split_name(name).lower()} {count(len(split.get(name) or []))}" for name in ("train", "val", "test")]
    text = []
    adapted = bool(run.adaptation)
    if adapted:
        text.append(
            "Training and validation cases are those of the source run, with the target cases whose labels were learnt "
            "from; the test cases are the target's other labelled cases."
        )
    elif split.get("given"):
        text.append("The split came with the data and was kept; the test set was not changed.")
    else:
        kept = "Cases of one patient and copies of one picture" if run.patients_known else "Copies of one picture"
        together = "" if split.get("leaking") else f" {kept} stay together."
        by_class = ", stratified by class" if run.cohort["label"].notna().any() else ""
        text.append(f"The split was drawn here with seed {split.get('seed', 0)}{by_class}.{together}")
    text.append(f"Cases: {', '.join(sizes)}.")
    if fractions and not split.get("given") and not adapted:
        asked = ", ".join(f"{split_name(str(name)).lower()} {percent(part, 0)}" for name, part in fractions.items())
        text.append(f"Asked for: {asked}.")
    if dropped := split.get("dropped"):
        reasons = Counter(_reason(item) for item in dropped)
        why = ", ".join(f"{number} because {reason}" for reason, number in reasons.most_common())
        where = "" if adapted else " on the training side"
        text.append(f"{counted(len(dropped), 'case')} left out{where}: {why}.")
    if split.get("leaking"):
        text.append("The split leaks and was kept on request (leak policy “keep”).")
    return text


def _reason(item: dict[str, Any]) -> str:
    """A drop's reason as the end of a sentence; ids in it are kept short."""
    words = {
        "duplicate of a test case": "it duplicates a test case",
        "patient is in test": "its patient is in the test set",
        "of the source, not of the target": "it was a test case of the source",
    }
    reason = str(item.get("reason", "unknown"))
    return words.get(reason, clip(reason, 120))


def findings(run: Artefacts) -> list[Finding]:
    """All findings of ``audit.json``, leaks first. Clean checks are said too."""
    audit = run.audit
    if not audit:
        return [Finding("This run has no audit.", "warning")]
    parts = [
        _patients(run, audit.get("patients_across_splits") or []),
        _duplicates(run, audit.get("duplicates") or []),
        *_conflicts(audit.get("label_conflicts") or []),
        _quarantined(audit.get("quarantined") or []),
        *_pixels(audit.get("pixels") or []),
        *[Finding(_sentence(item), "warning") for key in ("shortcuts", "privacy") for item in audit.get(key) or []],
        *[Finding(str(note)) for note in audit.get("notes") or []],
    ]
    return [part for part in parts if part is not None]


def _done(run: Artefacts) -> str:
    """What was done about a leak."""
    if run.split.get("leaking"):
        return "They were kept on request, and every number is stamped as leaking."
    return "The earlier part gave them up; the test set was not changed."


def _patients(run: Artefacts, found: list[dict[str, Any]]) -> Finding:
    """Patients on both sides of the split."""
    if not found:
        if run.patients_known:
            return Finding("No patient stands on both sides of the split.", "ok")
        return Finding("Whether a patient stands on both sides cannot be told: patients are unknown.", "warning")
    rows = [
        (
            str(item.get("patient")),
            f"{counted(item.get('cases'), 'case')} in {listing(item.get('splits') or [])}",
        )
        for item in found
    ]
    return _listed(
        f"{counted(len(found), 'patient')} had cases in more than one part of the split. {_done(run)}",
        "warning",
        rows,
    )


def _parts(group: dict[str, Any]) -> set[str]:
    """The parts of the split that a group's cases stand in."""
    return {str(part) for part in group.get("splits") or [] if part}


def _duplicates(run: Artefacts, found: list[dict[str, Any]]) -> Finding:
    """Groups of equal pictures."""
    if not found:
        return Finding("No picture occurs twice.", "ok")
    crossing = [group for group in found if len(_parts(group)) > 1]
    rows = [
        (
            ", ".join(str(case) for case in (group.get("cases") or [])[:6]),
            f"{group.get('kind', 'exact')}; in {listing(sorted(_parts(group))) or 'no part'}",
        )
        for group in [*crossing, *[item for item in found if item not in crossing]]
    ]
    text = f"{counted(len(found), 'picture')} {'occurs' if len(found) == 1 else 'occur'} more than once."
    if crossing:
        return _listed(
            f"{text} {count(len(crossing))} of them on both sides of the split. {_done(run)}", "warning", rows
        )
    return _listed(f"{text} Copies were kept on one side of the split.", "note", rows)


def _conflicts(found: list[dict[str, Any]]) -> list[Finding]:
    """Equal pictures with different labels."""
    rows = [
        (
            ", ".join(str(case) for case in (item.get("cases") or [])[:6]),
            " against ".join(clip(x) for x in item.get("labels") or []),
        )
        for item in found
    ]
    text = (
        f"{counted(len(found), 'picture')} {'carries' if len(found) == 1 else 'carry'} different labels in its copies."
    )
    return [_listed(f"{text} A person should decide which one is right.", "warning", rows)] if found else []


def _quarantined(found: list[dict[str, Any]]) -> Finding:
    """Cases that were set aside."""
    if not found:
        return Finding("Every case could be read.", "ok")
    rows = [(str(item.get("case")), clip(item.get("reason"), 300)) for item in found]
    return _listed(f"{counted(len(found), 'case')} set aside and not used, for the reasons listed.", "warning", rows)


def _pixels(found: list[dict[str, Any]]) -> list[Finding]:
    """Findings about pixels; their sentences come with the audit."""
    result = []
    for item in found:
        cases = [(str(case), "") for case in item.get("cases") or []]
        text = str(item.get("text") or f"{humane(str(item.get('finding')))}: {counted(item.get('count'), 'case')}")
        total = item.get("count")
        beyond = total - len(cases) if isinstance(total, int) and cases else 0
        result.append(Finding(text, "note", cases, max(0, beyond)))
    return result


def _sentence(item: Any) -> str:
    """A finding of a later check as text, whatever its fields."""
    if not isinstance(item, dict):
        return str(item)
    return str(item.get("text") or ", ".join(f"{humane(str(key))}: {clip(value, 80)}" for key, value in item.items()))
