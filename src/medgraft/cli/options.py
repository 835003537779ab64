"""Options that several verbs share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medgraft.errors import UsageError

__all__ = [
    "BackboneOption",
    "ConfigOption",
    "DataArgument",
    "DeviceOption",
    "EngineOption",
    "HomeOption",
    "JsonOption",
    "LabelColOption",
    "LabelMapOption",
    "MaskColOption",
    "MaskValuesOption",
    "ModalityOption",
    "OnLeakOption",
    "OrderOption",
    "OverwriteOption",
    "PathColOption",
    "PatientColOption",
    "PatientRegexOption",
    "PositiveOption",
    "RunArgument",
    "SeedOption",
    "SetOption",
    "SiteColOption",
    "SplitColOption",
    "TableOption",
    "TaskOption",
    "WeightsOption",
    "cohort_flags",
    "listed",
]

_DATA, _SOURCE, _GENERAL = "How DATA is read", "Where the knowledge comes from", "General"

DataArgument = Annotated[Path, typer.Argument(metavar="DATA", help="folder, table (CSV, TSV, Parquet) or .npz")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="run folder that `fit` made")]

TableOption = Annotated[Path | None, typer.Option("--table", help="table of cases", rich_help_panel=_DATA)]
PathColOption = Annotated[str | None, typer.Option("--path-col", help="column of file paths", rich_help_panel=_DATA)]
LabelColOption = Annotated[
    list[str] | None,
    typer.Option(
        "--label-col", help="column of labels; several (A,B or repeated): yes or no each", rich_help_panel=_DATA
    ),
]
PatientColOption = Annotated[
    str | None, typer.Option("--patient-col", help="column of patients", rich_help_panel=_DATA)
]
SiteColOption = Annotated[str | None, typer.Option("--site-col", help="column of sites", rich_help_panel=_DATA)]
SplitColOption = Annotated[
    str | None, typer.Option("--split-col", help="column of train/val/test", rich_help_panel=_DATA)
]
PatientRegexOption = Annotated[
    str | None,
    typer.Option("--patient-regex", help="pattern on file names; group 1 is the patient", rich_help_panel=_DATA),
]
LabelMapOption = Annotated[
    str | None, typer.Option("--label-map", metavar="A=B,…", help="rename or merge labels", rich_help_panel=_DATA)
]
PositiveOption = Annotated[
    str | None, typer.Option("--positive", help="the positive of two classes", rich_help_panel=_DATA)
]
OrderOption = Annotated[
    str | None,
    typer.Option("--order", metavar="A,B,C", help="classes are grades: all, from the lowest", rich_help_panel=_DATA),
]
ModalityOption = Annotated[
    str | None,
    typer.Option("--modality", help="radiograph, ct, mr, ultrasound, fundus, microscopy, …", rich_help_panel=_DATA),
]

TaskOption = Annotated[
    str | None,
    typer.Option("--task", help="classification, segmentation or detection (default: by DATA)", rich_help_panel=_DATA),
]
MaskColOption = Annotated[
    str | None, typer.Option("--mask-col", help="column of mask files (a;b: one a class)", rich_help_panel=_DATA)
]
MaskValuesOption = Annotated[
    str | None,
    typer.Option(
        "--mask-values",
        metavar="V=NAME,…",
        help="what the values of masks are, as in 0=membrane,255=background",
        rich_help_panel=_DATA,
    ),
]

BackboneOption = Annotated[
    str | None,
    typer.Option(
        "--backbone",
        help="timm's NAME, torchvision/NAME, or classical (default: tf_efficientnet_lite0)",
        rich_help_panel=_SOURCE,
    ),
]
WeightsOption = Annotated[
    str | None, typer.Option("--weights", help="name in the weights store, or random", rich_help_panel=_SOURCE)
]
EngineOption = Annotated[
    str | None, typer.Option("--engine", help="auto, or one of `medgraft list engines`", rich_help_panel=_SOURCE)
]

OnLeakOption = Annotated[
    str | None, typer.Option("--on-leak", help="drop, error or keep (default: drop)", rich_help_panel=_DATA)
]

SeedOption = Annotated[
    int | None, typer.Option("--seed", help="of every random draw (default: 0)", rich_help_panel=_GENERAL)
]
DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or mps", rich_help_panel=_GENERAL)]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="settings, TOML or a run's config.json", rich_help_panel=_GENERAL),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="one setting, as strategy.class_weights=balanced", rich_help_panel=_GENERAL
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="one JSON object on standard output", rich_help_panel=_GENERAL)
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="replace what is there", rich_help_panel=_GENERAL)]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="the house (default: $MEDGRAFT_HOME or ~/.medgraft)", rich_help_panel=_GENERAL),
]


def listed(text: str | None) -> list[str] | None:
    """The names of a comma-separated option."""
    return None if text is None else [item.strip() for item in text.split(",") if item.strip()]


_COHORT = (
    *("table", "path_col", "label_col", "patient_col", "site_col", "split_col", "patient_regex", "label_map"),
    *("positive", "order", "modality", "task", "mask_col", "mask_values"),
)
"""Names of the parameters that say how DATA is read."""


def cohort_flags(given: dict[str, Any]) -> dict[str, Any]:
    """The data options among the parameters of a verb (``locals()``) as config flags; ``--order`` becomes
    a list, ``--label-map`` and ``--mask-values`` a dict."""
    flags = {f"data.{name}": given[name] for name in _COHORT if given.get(name) not in (None, [])}
    if "data.order" in flags:
        flags["data.order"] = listed(flags["data.order"])
    for name, example in (("label_map", "Benign=benign"), ("mask_values", "0=background,255=lesion")):
        text = flags.get(f"data.{name}")
        if text is not None:
            flags[f"data.{name}"] = _pairs(f"--{name.replace('_', '-')}", str(text), example)
    return flags


def _pairs(flag: str, text: str, example: str) -> dict[str, str]:
    """``A=B,C=D`` as a dict."""
    pairs = [item.partition("=") for item in text.split(",") if item]
    if not pairs or not all(found and old for old, found, _ in pairs):
        raise UsageError(f"{flag} {text!r}: A=B,C=D is needed, as in {flag} {example}")
    return {old: new for old, _, new in pairs}
