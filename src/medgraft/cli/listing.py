"""``medgraft list``: what can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.errors import MedgraftError, UsageError
from medgraft.home import Home

__all__ = ["list_members"]


class Family(StrEnum):
    """What ``list`` can show."""

    BACKBONES = "backbones"
    STRATEGIES = "strategies"
    ENGINES = "engines"
    METRICS = "metrics"
    TRANSFORMS = "transforms"
    CHECKS = "checks"
    HINTS = "hints"
    CONVENTIONS = "conventions"
    PRETEXTS = "pretexts"
    SELECTORS = "selectors"
    ADAPTATIONS = "adaptations"
    OUTLINE_ADAPTATIONS = "outline-adaptations"
    EXPLAINERS = "explainers"
    STAGES = "stages"


def list_members(
    family: Annotated[Family, typer.Argument(help="which family")],
    filter_: Annotated[str, typer.Option("--filter", help="only names that contain this")] = "",
    backbone: Annotated[
        str | None, typer.Option("--backbone", metavar="NAME", help="whose stages (default: the one of fit)")
    ] = None,
    json: o.JsonOption = False,
    home: o.HomeOption = None,
) -> None:
    """Everything of one family that can be named on the command line.

    Example: medgraft list backbones --filter resnet
    """
    if backbone is not None and family is not Family.STAGES:
        raise UsageError(f"list {family.value} --backbone {backbone}: only stages are of a backbone; leave it out")
    terminal = Terminal(json)
    members = _stages(backbone, Home.find(home)) if family is Family.STAGES else _MEMBERS[family]()
    found = [(name, text) for name, text in members if filter_ in name]
    terminal.table("", ["name", ""], found)
    terminal.result({family.value: [name for name, _ in found]})


def _first_line(member: object) -> str:
    return (member.__doc__ or "").strip().split("\n")[0]


def _backbones() -> list[tuple[str, str]]:
    from medgraft.source.backbones.families import backbone_names

    return [(name, family) for family, names in backbone_names().items() for name in names]


def _strategies() -> list[tuple[str, str]]:
    from medgraft.experiment import config  # registers them
    from medgraft.transfer.strategies.strategy import STRATEGIES

    return [(name, _first_line(member)) for name, member in STRATEGIES.items() if config]


def _engines() -> list[tuple[str, str]]:
    from medgraft.source.embedding import embed  # registers them
    from medgraft.source.embedding.engine import ENGINES

    return [(name, f"version {kind.version()}") for name, kind in ENGINES.items() if embed and kind.installed()]


def _metrics() -> list[tuple[str, str]]:
    from medgraft.measure.metrics.catalogue import METRICS

    return [(name, _first_line(member)) for name, member in METRICS.items()]


def _transforms() -> list[tuple[str, str]]:
    from medgraft.data.augmentation import policy  # registers them
    from medgraft.data.augmentation.transform import TRANSFORMS

    return [(name, _first_line(member)) for name, member in TRANSFORMS.items() if policy]


def _checks() -> list[tuple[str, str]]:
    from medgraft.insight.audit import audit  # registers them
    from medgraft.insight.audit.check import CHECKS

    return [(name, _first_line(member)) for name, member in CHECKS.items() if audit]


def _conventions() -> list[tuple[str, str]]:
    from medgraft.source.weights.conventions.catalogue import CONVENTIONS

    return [(name, convention.about) for name, convention in CONVENTIONS.items()]


def _pretexts() -> list[tuple[str, str]]:
    from medgraft.transfer.pretraining.catalogue import PRETEXTS

    return [(name, _first_line(member)) for name, member in PRETEXTS.items()]


def _hints() -> list[tuple[str, str]]:
    from medgraft.measure.transferability import catalogue  # registers them
    from medgraft.measure.transferability.score import TRANSFERABILITY

    return [(name, score.summary) for name, score in TRANSFERABILITY.items() if catalogue]


def _selectors() -> list[tuple[str, str]]:
    from medgraft.measure.unlabelled import catalogue  # registers them
    from medgraft.measure.unlabelled.score import UNLABELLED

    return [(name, score.summary) for name, score in UNLABELLED.items() if catalogue]


def _stages(name: str | None, home: Home) -> list[tuple[str, str]]:
    """Input first, as ``strategy.from_stage`` names them; no weights are needed. Raises ``UsageError`` for a backbone
    that is not one network."""
    from medgraft.experiment.config import DEFAULT_BACKBONE
    from medgraft.source.backbones.resolve import resolve_backbone

    name = name or DEFAULT_BACKBONE
    try:
        backbone = resolve_backbone(name, weights="random", home=home)
    except MedgraftError:  # not an architecture: an entry of the store, NAME@WEIGHTS, or nothing at all
        backbone = resolve_backbone(name, home=home)
    network = backbone.build(3)
    sizes = {key: parameter.numel() for key, parameter in network.named_parameters()}
    return [
        (stage, f"{sum(sizes[key] for key in keys):,} parameters".replace(",", " "))
        for stage, keys in backbone.stages(network)
    ]


def _adaptations() -> list[tuple[str, str]]:
    from medgraft.transfer.adaptation.catalogue import ADAPTATIONS

    return [(name, f"{_first_line(member)} ({member.cost})") for name, member in ADAPTATIONS.items()]


def _outline_adaptations() -> list[tuple[str, str]]:
    from medgraft.transfer.adaptation.outlines.catalogue import OUTLINE_ADAPTATIONS

    return [(name, f"{_first_line(member)} ({member.cost})") for name, member in OUTLINE_ADAPTATIONS.items()]


def _explainers() -> list[tuple[str, str]]:
    from medgraft.insight.explanation.catalogue import EXPLAINERS

    return [(name, member.summary) for name, member in EXPLAINERS.items()]


_MEMBERS: dict[Family, Callable[[], list[tuple[str, str]]]] = {
    Family.BACKBONES: _backbones,
    Family.STRATEGIES: _strategies,
    Family.ENGINES: _engines,
    Family.METRICS: _metrics,
    Family.TRANSFORMS: _transforms,
    Family.CHECKS: _checks,
    Family.HINTS: _hints,
    Family.CONVENTIONS: _conventions,
    Family.PRETEXTS: _pretexts,
    Family.SELECTORS: _selectors,
    Family.ADAPTATIONS: _adaptations,
    Family.OUTLINE_ADAPTATIONS: _outline_adaptations,
    Family.EXPLAINERS: _explainers,
}
