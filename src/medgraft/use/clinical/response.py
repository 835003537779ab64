"""Categories of response, each by a rule that has a name and shows its thresholds.

``recist``: after RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009;45:228-247) on the sum of the target lesions' longest
diameters. ``volume``: the same on the sum of their volumes, with the thresholds that a ball has whose diameter changes
by as much (Therasse et al., J Natl Cancer Inst 2000;92:205-216). Both are "like": a reader chooses targets, judges the
rest of the patient and asks for confirmation; this is arithmetic on outlines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from medgraft.errors import UsageError

__all__ = ["RULES", "Response", "ResponseRule", "rule_named"]

_ROUNDING = 1e-9
"""Share of the baseline: a value on a threshold but for rounding has reached it."""


class Response(StrEnum):
    """What a study says against the first one."""

    BASELINE = "baseline"
    CR = "CR"
    """Complete: every target is gone."""
    PR = "PR"
    """Partial."""
    SD = "SD"
    """Stable: neither."""
    PD = "PD"
    """Progression."""
    NE = "NE"
    """Not evaluable: no target at first, or a size that is not known."""


@dataclass(frozen=True)
class ResponseRule:
    """Thresholds on the sum of ``quantity`` over the targets, in ``unit``.

    ``partial_percent`` (negative) from the first study; ``progression_percent`` from the smallest sum so far, and by
    ``progression_least`` in ``unit`` at least. Targets: lesions of the first study with a diameter of
    ``target_least_mm`` or more, the largest first, ``most_targets`` in all and ``most_targets_a_structure`` in each.
    """

    name: str
    title: str
    quantity: str
    unit: str
    partial_percent: float
    progression_percent: float
    progression_least: float
    target_least_mm: float = 10.0
    most_targets: int = 5
    most_targets_a_structure: int = 2

    def categories(self, sums: Sequence[float | None], new_lesions: Sequence[bool]) -> list[Response]:
        """One a study, in order of time. ``sums``: of the targets, ``None`` where not known; ``new_lesions``: whether a
        measurable lesion is there that the first study does not have. Raises ``UsageError`` for unequal lengths."""
        if len(sums) != len(new_lesions):
            raise UsageError(f"judging response: {len(sums)} sums and {len(new_lesions)} answers on new lesions")
        found: list[Response] = []
        for place, value in enumerate(sums):
            before = [one for one in sums[:place] if one is not None]
            if place == 0:
                found.append(Response.BASELINE)
            elif new_lesions[place]:
                found.append(Response.PD)
            elif value is None or sums[0] is None or sums[0] <= 0:
                found.append(Response.NE)
            else:
                found.append(self._category(value, sums[0], min(before)))
        return found

    def _category(self, value: float, baseline: float, nadir: float) -> Response:
        """``nadir``: the smallest sum before."""
        rounding = _ROUNDING * baseline
        if value == 0:
            return Response.CR
        rise = value - nadir
        grown = rise >= nadir * self.progression_percent / 100 - rounding and rise >= self.progression_least - rounding
        if nadir == 0 or grown:  # what comes back after it was gone has progressed, however small it is
            return Response.PD
        if value <= baseline * (1 + self.partial_percent / 100) + rounding:
            return Response.PR
        return Response.SD

    def sentences(self) -> list[str]:
        """The thresholds in words."""
        least = f" and {self.progression_least:g} {self.unit}" if self.progression_least else ""
        what = "longest diameters" if self.quantity == "diameter_mm" else "volumes"
        mm = f"{self.target_least_mm:g} mm or more"
        return [
            f"{self.title}, on the sum of the targets' {what} ({self.unit}).",
            (
                f"Targets: lesions of the first study of {mm}, at most {self.most_targets_a_structure} a structure and "
                f"{self.most_targets} in all, largest first."
            ),
            "CR: every target is gone.",
            f"PR: at least {-self.partial_percent:g} % less than at first.",
            (
                f"PD: at least {self.progression_percent:g} %{least} more than the smallest sum so far; or targets "
                f"that were gone are back; or a new lesion of {mm}."
            ),
            "SD: neither. NE: not evaluable.",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data: every threshold, and the words."""
        return {**asdict(self), "told": self.sentences()}


RULES = {
    rule.name: rule
    for rule in (
        ResponseRule("recist", "RECIST-like (after RECIST 1.1)", "diameter_mm", "mm", -30.0, 20.0, 5.0),
        ResponseRule("volume", "Volumetric, RECIST-like", "volume_ml", "mL", -65.0, 73.0, 0.0),
    )
}


def rule_named(name: str) -> ResponseRule:
    """The rule of that name. Raises ``UsageError``."""
    if name not in RULES:
        raise UsageError(f"--rule {name}: there is no such rule; known: {', '.join(RULES)}")
    return RULES[name]
