"""Image and table: what the table adds to the image and the image to the table, on the same cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import METRICS, UNKNOWN, clip, counted, decimal, interval, listing, p_value, split_name

__all__ = ["FusionView", "fusion_view"]

_MODELS = {"image": "Image alone", "table": "Table alone", "both": "Image and table"}
_PAIRS = {
    ("both", "image"): "the table adds to the image",
    ("both", "table"): "the image adds to the table",
    ("image", "table"): "the image alone is ahead of the table alone by",
}
_SHOWN = ("auroc", "accuracy", "sensitivity", "specificity", "brier")
_MOST = 30


@dataclass(frozen=True)
class FusionView:
    """Sentences; of each part of the data a table of the three models and one of their differences; what counts."""

    sentences: list[str]
    tables: list[Table]


def fusion_view(run: Artefacts) -> FusionView | None:
    """``None`` where no clinical table was given."""
    splits = {str(name): one for name, one in (run.fusion.get("splits") or {}).items() if isinstance(one, Mapping)}
    if not run.fusion:
        return None
    names = [clip(item.get("name"), 40) for item in run.fusion.get("columns") or []]
    missing = [item for item in run.fusion.get("columns") or [] if item.get("missing")]
    first = (
        f"A clinical table with {counted(len(names), 'column')} ({listing(names, most=12)}) was joined by "
        f"{run.fusion.get('by')}: {run.fusion.get('cases_with_a_row')} of {counted(run.fusion.get('cases'), 'case')} "
        "have a row. The numbers below are of those; the others are answered for by the image alone."
    )
    told = [first]
    if missing:
        most = max(missing, key=lambda item: float(item["missing"]))
        told.append(
            f"Values are missing in {counted(len(missing), 'column')}, most in {clip(most.get('name'), 40)} "
            f"({100 * float(most['missing']):.0f} % of the training cases); a missing value counts as the mean, and "
            "that it is missing is a column of its own."
        )
    tables = []
    for split, one in splits.items():
        told += [_sentence(split, item) for item in one.get("differences") or [] if item.get("first") == "both"]
        tables += [_models(split, one), _differences(split, one)]
    if run.fusion.get("image_answers_from") == "val":
        told.append(
            "The image model was not cross-validated, so that the fusion learnt from the validation cases only."
        )
    slopes = run.fusion.get("slopes") or []
    return FusionView(told, [*tables, *([_slopes(slopes)] if slopes else [])])


def _span(found: Mapping[str, Any]) -> str:
    return f"{decimal(found.get('low'))} to {decimal(found.get('high'))}"


def _sentence(split: str, item: Mapping[str, Any]) -> str:
    """What one adds to the other in AUROC, or that it cannot be told."""
    adds = _PAIRS[str(item["first"]), str(item["second"])]
    found = item.get("auroc")
    if not isinstance(found, Mapping):
        return f"{split_name(split)}: the cases are of one class, so that it cannot be told what {adds}."
    values = f"AUROC {decimal(found['second'])} becomes {decimal(found['first'])}"
    gap = f"{decimal(found['difference'])} ({_span(found)})"
    if float(found["low"]) > 0:
        return f"{split_name(split)}: {adds} {gap}, more than chance: {values}."
    if float(found["high"]) < 0:
        return f"{split_name(split)}: together is worse than one alone by {gap}: {values}. Use the one alone."
    return f"{split_name(split)}: whether {adds} anything cannot be told from chance: {gap}; {values}."


def _models(split: str, one: Mapping[str, Any]) -> Table:
    found = one.get("models") or {}
    shown = [metric for metric in _SHOWN if any(metric in (found.get(name) or {}) for name in _MODELS)]
    rows = [
        Row(
            title,
            [_cell((found.get(name) or {}).get(metric)) for metric in shown],
            strong=name == "both",
        )
        for name, title in _MODELS.items()
    ]
    lost = one.get("without_a_row")
    note = f"{counted(one.get('n'), 'case')} with a row in the table, 95 % intervals below each value."
    note += f" {counted(lost, 'case')} without a row left out." if lost else ""
    return Table(
        f"{split_name(split)}: three models on the same cases",
        "Model",
        [Cell(METRICS[m][0]) for m in shown],
        rows,
        note,
    )


def _cell(entry: Mapping[str, Any] | None) -> Cell:
    return Cell(decimal(entry.get("value")), interval(entry)) if entry else Cell(UNKNOWN)


def _differences(split: str, one: Mapping[str, Any]) -> Table:
    rows = []
    for item in one.get("differences") or []:
        first, second = (_MODELS[str(item[side])] for side in ("first", "second"))
        test = item.get("mcnemar") or {}
        cells = [
            Cell(decimal(gap.get("difference")), _span(gap))
            if isinstance(gap := item.get(name), Mapping)
            else Cell(UNKNOWN)
            for name in ("auroc", "accuracy")
        ]
        cells.append(
            Cell(p_value(float(test["p_value"])), f"{test.get('first_only')} against {test.get('second_only')} cases")
            if test.get("p_value") is not None
            else Cell(UNKNOWN)
        )
        rows.append(Row(f"{first} less {second[:1].lower()}{second[1:]}", cells))
    return Table(
        f"{split_name(split)}: paired differences",
        "Difference",
        [Cell("AUROC"), Cell("Accuracy"), Cell("McNemar")],
        rows,
        "Paired on the same cases, 95 % intervals over patients. An interval that holds 0 shows no difference; it is "
        "no proof that there is none.",
    )


def _slopes(slopes: list[Mapping[str, Any]]) -> Table:
    rows = [
        Row(clip(item.get("column"), 60), [Cell(decimal(item.get("both"), 2)), Cell(decimal(item.get("table"), 2))])
        for item in slopes[:_MOST]
    ]
    return Table(
        "What counts",
        "Column",
        [Cell("With the image"), Cell("Table alone")],
        rows,
        "Change of the log-odds for one standard deviation of a number, or for half of the way between no case and all "
        "cases of a group; of the image: for one log-odds that it gives. They are pulled towards 0, and are no causes."
        + (f" {len(slopes) - _MOST} more stand in fusion.json." if len(slopes) > _MOST else ""),
    )
